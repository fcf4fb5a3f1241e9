import { assertEquals } from "@std/assert";
import { outputOf } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { findProcess } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test } from "../harness/suite/black_box.ts";

/** More than the 64 KiB that a FIFO holds, and not more than it and the pipe before it do. */
const script = "echo ready; seq 1000000 1012799";
const expected = `ready\n${
  Array.from({ length: 12_800 }, (_, line) => `${1000000 + line}\n`).join("")
}`;

/** A reader of a FIFO that stops (SIGSTOP) after the first line, of six bytes. */
function slowReader(path: string): Deno.ChildProcess {
  const script = "dd bs=6 count=1 2>/dev/null; kill -STOP $$; exec cat";
  return new Deno.Command("sh", {
    args: ["-c", `exec < ${path}; ${script}`],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

test("a reader slower than init's life loses nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box", { args: ["sh", "-c", script] });
  const [stdout, stderr] = ["stdout", "stderr"].map((name) => `${shim.bundle.path}/${name}`);
  await new Deno.Command("mkfifo", { args: [stdout, stderr] }).output();
  const reader = slowReader(stdout);
  const output = outputOf(reader);
  // The Go shim wants a reader for both.
  const errors = new Deno.Command("cat", { args: [stderr] }).output();
  await shim.create(containerd, { stdout, stderr });
  await shim.tasks.call("Start", { id: "box" });
  await eventually("a stopped reader", () => findProcess(reader.pid)?.state === "T" || undefined);
  await shim.tasks.call("Wait", { id: "box" });
  const deletion = shim.tasks.call("Delete", { id: "box" });
  reader.kill("SIGCONT");
  assertEquals((await output).stdout === expected, true, "the output is whole");
  await Promise.all([deletion, errors]);
  await shim.shutDown();
});
