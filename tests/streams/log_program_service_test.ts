/** Outputs to logging programs as a client of its own asks the Task service for them, where ctr can't. */

import { assertEquals, assertRejects } from "@std/assert";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { Bundle, DirectShim, type StreamPaths } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";
import { LogProgram, ready } from "./log_program.ts";

/** Runs a process to its end and deletes it; its exit status. */
type Run = (streams: StreamPaths, script: string) => Promise<number>;

/** Two tests: with init, and with an exec. */
function testBoth(
  name: string,
  body: (containerd: PrivateContainerd, run: Run, id: string) => Promise<void>,
  register = test,
): void {
  register(`init: ${name}`, async (containerd) => {
    await body(containerd, async (streams, script) => {
      const { terminal } = streams;
      const args = ["sh", "-c", script];
      const shim = await DirectShim.start(containerd, "box", { args, terminal });
      await shim.create(containerd, streams);
      await shim.tasks.call("Start", { id: "box" });
      await shim.tasks.call("Wait", { id: "box" });
      const { exitStatus } = await shim.tasks.call("Delete", { id: "box" });
      await shim.shutDown();
      return exitStatus;
    }, "box");
  });
  register(`exec: ${name}`, async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    await shim.create(containerd);
    await shim.tasks.call("Start", { id: "box" });
    await body(containerd, async (streams, script) => {
      const exec = { id: "box", execId: "visitor" };
      await shim.exec(exec.execId, ["sh", "-c", script], streams);
      await shim.tasks.call("Wait", exec);
      return (await shim.tasks.call("Delete", exec)).exitStatus;
    }, "visitor");
    await shim.end();
  });
}

// The Go shim does not wait for such a program, and lets it wait for the end of standard error.
testBoth("with a terminal the program gets all as standard output", async (containerd, run, id) => {
  await using program = await LogProgram.make(containerd);
  const streams = { stdout: program.uri(), stderr: program.uri(), terminal: true };
  const script = "stty -onlcr; echo out; echo err >&2; seq 1000000 2048575; exit 3";
  assertEquals(await run(streams, script), 3);
  const lines = Array.from({ length: 1 << 20 }, (_, line) => `${1000000 + line}\n`).join("");
  assertEquals(program.read(`${id}.stdout`) === `out\nerr\n${lines}`, true, "it is whole");
  assertEquals(program.read(`${id}.stderr`), "");
  assertEquals(program.pids.length, 1);
}, testBetterThanGo);

testBoth(
  "with a terminal the process goes on when its program has died",
  async (containerd, run) => {
    await using program = await LogProgram.make(containerd, ready + "kill -9 $$");
    const streams = { stdout: program.uri(), stderr: program.uri(), terminal: true };
    assertEquals(await run(streams, "seq 1000000; exit 3"), 3);
  },
  testBetterThanGo,
);

testBoth("each stream can have a program of its own", async (containerd, run, id) => {
  await using forOut = await LogProgram.make(containerd);
  await using forErr = await LogProgram.make(containerd);
  const streams = { stdout: forOut.uri(), stderr: forErr.uri() };
  assertEquals(await run(streams, "echo out; echo err >&2"), 0);
  assertEquals([forOut.read(`${id}.stdout`), forOut.read(`${id}.stderr`)], ["out\n", ""]);
  assertEquals([forErr.read(`${id}.stdout`), forErr.read(`${id}.stderr`)], ["", "err\n"]);
}, testBetterThanGo);

for (const name of ["stdout", "stderr"] as const) {
  testBoth(`${name} alone can have a program`, async (containerd, run, id) => {
    await using program = await LogProgram.make(containerd);
    assertEquals(await run({ [name]: program.uri() }, "echo out; echo err >&2"), 0);
    const expected = { stdout: "", stderr: "", [name]: `${name.slice(3)}\n` };
    assertEquals(program.read(`${id}.stdout`), expected.stdout);
    assertEquals(program.read(`${id}.stderr`), expected.stderr);
  }, testBetterThanGo);
}

testBetterThanGo("what went wrong has a code", async (containerd) => {
  await using crashing = await LogProgram.make(containerd, "exit 4");
  await using program = await LogProgram.make(containerd);
  const cases = [
    [{ stdout: "binary:///no/such/program" }, StatusCode.INVALID_ARGUMENT, "no such file"],
    [{ stdout: program.uri(), stderr: "npipe://x" }, StatusCode.INVALID_ARGUMENT, "npipe"],
    [{ stdin: program.uri() }, StatusCode.INVALID_ARGUMENT, "unknown scheme binary for stdin"],
    [{ stdout: program.uri(), stderr: crashing.uri() }, StatusCode.UNKNOWN, "exit status 4"],
    [{ stdout: crashing.uri(), terminal: true }, StatusCode.UNKNOWN, "exit status 4"],
  ] as const;
  const shim = await DirectShim.start(containerd, "box");
  const { tasks } = shim;
  const create = await shim.bundle.createRequest(containerd);
  for (const [streams, code, message] of cases) {
    const request = { ...create, ...streams };
    const error = await assertRejects(() => tasks.call("Create", request), StatusError, message);
    assertEquals(error.code, code);
  }
  assertEquals(program.pids.filter(isAlive), []);
  await tasks.call("Create", create);
  await shim.end();
});

// Who has the programs' pipes

/** A shim with the containers `one` and `two`, and the exec `visitor` in `two`, each with a program of its own. */
async function startThree(containerd: PrivateContainerd) {
  const programs = await Promise.all([1, 2, 3].map(() => LogProgram.make(containerd)));
  const [one, two, visitor] = programs.map((program) => ({
    stdout: program.uri(),
    stderr: program.uri(),
  }));
  const shim = await DirectShim.start(containerd, "one");
  const { tasks } = shim;
  await shim.create(containerd, one);
  await tasks.call("Start", { id: "one" });
  const bundle = await Bundle.make(containerd, "two");
  await tasks.call("Create", { ...await bundle.createRequest(containerd), ...two });
  await tasks.call("Start", { id: "two" });
  const spec = processSpec(["sleep", "1000"]);
  await tasks.call("Exec", { id: "two", execId: "visitor", spec, ...visitor });
  await tasks.call("Start", { id: "two", execId: "visitor" });
  const alive = () => programs.map(({ pids }) => isAlive(pids[0]));
  const dispose = () => Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
  return { shim, bundle, alive, [Symbol.asyncDispose]: async () => void await dispose() };
}

test("a program ends with its process, whatever else runs in the shim", async (containerd) => {
  await using three = await startThree(containerd);
  const { shim: { tasks }, alive } = three;
  assertEquals(alive(), [true, true, true]);
  const end = async (process: { id: string; execId?: string }) => {
    await tasks.call("Kill", { ...process, signal: 9 });
    await tasks.call("Wait", process);
    await tasks.call("Delete", process);
  };
  await end({ id: "one" });
  assertEquals(alive(), [false, true, true]);
  await end({ id: "two", execId: "visitor" });
  assertEquals(alive(), [false, true, false]);
  await end({ id: "two" });
  assertEquals(alive(), [false, false, false]);
  await three.shim.shutDown();
  await three.bundle.remove();
});

// With the Go shim the containers have the programs' pipes.
testBetterThanGo(
  "kill -9 of the shim ends the programs, not the containers",
  async (containerd) => {
    await using three = await startThree(containerd);
    const { shim, alive } = three;
    const pids = ["one", "two"].map((id) =>
      Number(Deno.readTextFileSync(`${containerd.folder}/${id}/init.pid`))
    );
    Deno.kill(shim.pid, "SIGKILL");
    await eventually("an end of the programs", () => !alive().includes(true) || undefined);
    assertEquals(pids.map(isAlive), [true, true]);
    for (const bundle of [shim.bundle, three.bundle]) {
      assertEquals((await bundle.delete(containerd)).code, 0);
      await bundle.remove();
    }
    await shim.tasks.client.closed;
  },
);

testBetterThanGo("a FIFO may be named by a URI", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box", { args: ["sh", "-c", "read x; echo $x"] });
  using stdin = await ClientFifo.make(`${shim.bundle.path}/a 1`);
  using stdout = await ClientFifo.make(`${shim.bundle.path}/a 2`);
  const uri = (number: number) => `fifo://${shim.bundle.path}/a%20${number}`;
  await shim.create(containerd, { stdin: uri(1), stdout: uri(2) });
  await shim.tasks.call("Start", { id: "box" });
  await stdin.write("hello\n");
  await stdout.output.until(/^hello$/m);
  await shim.tasks.call("Wait", { id: "box" });
  await shim.tasks.call("Delete", { id: "box" });
  await shim.shutDown();
});
