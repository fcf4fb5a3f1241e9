import { assert, assertEquals } from "@std/assert";
import { leastInit } from "../../../../runc/sandbox/least_init.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** SIGCHLD in a mask of /proc/PID/status, which has a bit for each signal, from 1 on. */
const SIGCHLD = 1n << 16n;

/** Whether it ignores SIGCHLD and sleeps: only then it waits for its end. */
function waits(pid: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const ignored = BigInt(`0x${status.match(/^SigIgn:\t(\w+)$/m)![1]}`);
  return /^State:\tS/m.test(status) && (ignored & SIGCHLD) !== 0n;
}

Deno.test("least init: it ignores the ends of children, waits, and ends by SIGTERM", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/init`;
    await Deno.writeFile(path, leastInit(), { mode: 0o755 });
    const child = new Deno.Command(path).spawn();
    await eventually("a program that waits", () => waits(child.pid) || undefined);
    // After an interruption it goes on to wait.
    child.kill("SIGSTOP");
    child.kill("SIGCONT");
    await eventually("a program that waits again", () => waits(child.pid) || undefined);
    child.kill("SIGTERM");
    assertEquals(await child.status, { success: true, code: 0, signal: null });
  });
});

Deno.test("least init: there is one for each architecture of Deno's", () => {
  for (const [architecture, machine] of [["x86_64", 62], ["aarch64", 183]] as const) {
    const program = leastInit(architecture);
    assertEquals(new DataView(program.buffer).getUint16(18, true), machine);
    assert(program.length < 400, `${program.length} bytes`);
  }
});
