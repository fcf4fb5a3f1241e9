/** `stats`: what containers use. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Json, jsonOf, rowsOf, runCommand } from "../harness/shim/commands.ts";
import { PseudoTerminal } from "../harness/streams/pseudo_terminal.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";

const BUSY = ["sh", "-c", "while :; do :; done"];

test("processors, memory and processes, of both shims", async (containerd) => {
  const place = ["--address", containerd.address];
  await containerd.runDetached("busy", ...BUSY);
  await runWithGo(containerd, "busy-go", ...BUSY);
  await containerd.runDetached("idle", "sleep", "1000");
  const { containers } = await jsonOf("stats", "--once", ...place);
  assertEquals(containers.map(({ id }: Json) => id), ["busy", "busy-go", "idle"]);
  for (const { id, status, cpuPercent, cpuNanoseconds, memoryBytes, pids } of containers) {
    assertEquals([status, pids], ["running", 1]);
    assert(memoryBytes > 0 && memoryBytes < 50_000_000, `${memoryBytes}`);
    assert(cpuNanoseconds > 0);
    if (id === "idle") assert(cpuPercent < 1, `${cpuPercent}`);
    // Others may use the processors, too, and the two looks at it may come late.
    else assert(cpuPercent > 1 && cpuPercent < 200, `${cpuPercent}`);
  }
  const { stdout } = await runCommand("stats", ...place);
  const rows = rowsOf(stdout);
  assertEquals(rows.map(({ ID, STATUS, PIDS }) => [ID, STATUS, PIDS]), [
    ["busy", "running", "1"],
    ["busy-go", "running", "1"],
    ["idle", "running", "1"],
  ]);
  assertMatch(rows[2].MEMORY, /^[\d.]+ (KiB|MiB)$/);
  assert(!stdout.includes("\x1b"));
  const one = await jsonOf("stats", "id", "--once", ...place);
  assertEquals(one.containers.map(({ id }: Json) => id), ["idle"]);
  await containerd.remove("busy", "busy-go", "idle");
});

test("at a terminal the table is renewed each second", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const args = ["TERM=xterm", containerd.runtime.binary, "stats", "--address", containerd.address];
  await using terminal = PseudoTerminal.run("env", args);
  // Each begins where the escape character and [H lead the cursor to.
  await terminal.output.until(/[^ -~]\[H/);
  for (const _table of [1, 2]) {
    const [table] = await terminal.output.until(/^[^]*?[^ -~]\[H/);
    assertMatch(table, /NAMESPACE[^]*box +running/);
  }
  await containerd.remove("box");
});
