/** `stats`: what containers use. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Json, jsonOf, rowsOf, runCommand } from "../harness/shim/commands.ts";
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
    if (id === "idle") assert(cpuPercent < 5, `${cpuPercent}`);
    // Others may use the processors, too.
    else assert(cpuPercent > 10 && cpuPercent < 110, `${cpuPercent}`);
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
  const { binary } = containerd.runtime;
  const command = `${binary} stats --address ${containerd.address}`;
  const script = new Deno.Command("timeout", {
    args: ["6", "script", "--quiet", "--command", command, "/dev/null"],
    stdin: "null",
    stdout: "piped",
    env: { TERM: "xterm" },
  });
  const { stdout } = await script.output();
  const text = new TextDecoder().decode(stdout);
  const tables = text.split("\x1b[H").slice(1);
  assert(tables.length >= 2, `expected several tables, not ${JSON.stringify(text)}`);
  for (const each of tables.slice(0, -1)) assertMatch(each, /NAMESPACE[^]*box +running/);
  await containerd.remove("box");
});
