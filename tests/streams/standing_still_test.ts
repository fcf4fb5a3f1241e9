/** What stands still - a file system, a client, a logging program - holds up nothing but what needs it, and a Delete not for long. */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { RuncOptions } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { findProcess, processesOfThisRun } from "../harness/machine/processes.ts";
import { DirectShim, type StreamPaths } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { PseudoTerminal } from "../harness/streams/pseudo_terminal.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";
import { LogProgram, ready } from "./log_program.ts";
import { frozenFileSystem, fuseFileSystem, hasFuse, hasLoop } from "./still_file_system.ts";

const id = "box";
/** containerd.v1.types.Status */
const RUNNING = 2;
/** Prints without end, and so soon waits for who reads it. */
const FLOOD = ["sh", "-c", "echo begin; exec yes"];

/** How long a Delete may take in all for the streams of a process; see docs/methods.md. */
const STILL_SECONDS = 5, PROGRAM_SECONDS = 12;
/** How much longer on a machine that does other things as well. */
const SLACK_SECONDS = 6;

/** Waits until a program of busybox's, which keeps its shell's command line, waits for its pipe to be read. */
async function untilHeldBack(program: string): Promise<void> {
  await eventually("a process that waits for its pipe", () => {
    const writer = findPid(program);
    if (writer === undefined) return undefined;
    return /pipe/.test(Deno.readTextFileSync(`/proc/${writer}/wchan`)) || undefined;
  });
}

/** The pid of a process of this run, by the name of its program. */
function findPid(name: string): number | undefined {
  return processesOfThisRun().find(({ pid }) => nameOf(pid) === name)?.pid;
}

function nameOf(pid: number): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return undefined; // ended
  }
}

async function seconds(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await within(60, "an answer", work);
  return (performance.now() - begin) / 1000;
}

/** Kills and deletes the container; how many seconds the Delete has taken. */
async function end({ tasks }: DirectShim): Promise<number> {
  await within(30, "an answer to Kill", tasks.call("Kill", { id, signal: 9 }));
  await within(30, "an answer to Wait", tasks.call("Wait", { id }));
  return await seconds(tasks.call("Delete", { id }));
}

/** Expects everything of a shim to go on whose container's output stands still. */
async function expectToGoOn(shim: DirectShim): Promise<void> {
  const { tasks, bundle } = shim;
  const state = await within(30, "an answer to State", tasks.call("State", { id }));
  assertEquals(state.status, RUNNING);
  using stdout = await ClientFifo.make(`${bundle.path}/other`);
  await within(20, "an exec", shim.exec("other", ["echo", "hello"], { stdout: stdout.path }));
  await within(30, "its output", stdout.output.until(/hello\n/));
  await within(30, "its end", tasks.call("Wait", { id, execId: "other" }));
  await within(30, "its Delete", tasks.call("Delete", { id, execId: "other" }));
}

for (
  const [name, make, isPossible] of [
    ["fuse", fuseFileSystem, hasFuse],
    ["frozen", frozenFileSystem, hasLoop],
  ] as const
) {
  testBetterThanGo(
    `a log on a file system that stands still holds back its own stream alone: ${name}`,
    async (containerd) => {
      await using fileSystem = await make(containerd.folder);
      const args = ["sh", "-c", "mkfifo go; echo begin; read x < go; exec yes"];
      const stdout = `file://${fileSystem.path}/log`;
      const shim = await DirectShim.run(containerd, id, { args }, { stdout });
      await eventually(
        "the first line",
        async () => await fileSystem.read("log").catch(() => "") === "begin\n" || undefined,
      );
      await fileSystem.stop();
      await Deno.writeTextFile(`${shim.bundle.path}/rootfs/go`, "\n");
      await untilHeldBack("yes");
      await expectToGoOn(shim);
      assertLess(await end(shim), STILL_SECONDS + SLACK_SECONDS);
      await shim.shutDown();
      await fileSystem.goOn();
      assertEquals((await fileSystem.read("log")).startsWith("begin\n"), true);
    },
    !isPossible,
  );
}

// More logs than Deno has threads to wait in. FIFOs, which are hardly ever there, have one lane for all, so these are fewer than it takes.
for (const [what, scheme, count] of [["a log", "file", 40], ["a FIFO", "fifo", 3]] as const) {
  testBetterThanGo(
    `${what} on a file system that stands still can't be opened, in time, and holds up nobody`,
    async (containerd) => {
      await using fileSystem = await fuseFileSystem(containerd.folder);
      const shim = await DirectShim.run(containerd, id);
      await fileSystem.stop();
      const stdout = `${scheme}://${fileSystem.path}/log`;
      const execs = Array.from({ length: count }, (_, index) => `exec${index}`);
      const failures = Promise.all(execs.map(async (execId) => {
        const message = await expectStatus(
          StatusCode.UNAVAILABLE,
          shim.exec(execId, ["true"], { stdout }),
        );
        assertStringIncludes(message, `${fileSystem.path}/log`);
      }));
      // Whatever goes wrong before is told first.
      failures.catch(() => {});
      await expectToGoOn(shim);
      await within(30, "an end of them", failures);
      await fileSystem.goOn();
      await shim.end();
    },
    !hasFuse,
  );
}

testBetterThanGo(
  "more logs that stand still than there are threads hold up nobody",
  async (containerd) => {
    await using fileSystem = await fuseFileSystem(containerd.folder);
    const shim = await DirectShim.run(containerd, id);
    const execs = Array.from({ length: 40 }, (_, index) => `exec${index}`);
    for (const execId of execs) {
      const stdout = `file://${fileSystem.path}/${execId}`;
      await shim.exec(execId, ["sh", "-c", "sleep 3; echo x; sleep 1000"], { stdout });
    }
    await fileSystem.stop();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await expectToGoOn(shim);
    const healthy = { stdout: `file://${containerd.folder}/healthy` };
    await within(20, "an exec", shim.exec("healthy", ["echo", "hello"], healthy));
    await eventually(
      "its line",
      () => Deno.readTextFileSync(`${containerd.folder}/healthy`) === "hello\n" || undefined,
    );
    await Deno.remove(`${containerd.folder}/healthy`);
    await fileSystem.goOn();
    for (const execId of execs) {
      await eventually(
        "its line",
        async () => await fileSystem.read(execId) === "x\n" || undefined,
      );
    }
    assertLess(await end(shim), PROGRAM_SECONDS);
    await shim.shutDown();
  },
  !hasFuse,
);

testBetterThanGo("a file:// may be a terminal, where nobody reads", async (containerd) => {
  await using terminal = PseudoTerminal.run("sh", ["-c", "tty; exec sleep 1000"]);
  const [path] = await terminal.output.until(/\/dev\/pts\/\d+(?=\s)/);
  const streams = { stdout: `file://${path}`, stderr: "file:///dev/null" };
  const args = ["sh", "-c", "echo nothing >&2; echo begin; exec yes"];
  const shim = await DirectShim.run(containerd, id, { args }, streams);
  await terminal.output.until(/begin/);
  await untilHeldBack("yes");
  await expectToGoOn(shim);
  assertLess(await end(shim), STILL_SECONDS + SLACK_SECONDS);
  await shim.shutDown();
});

// The Go shim fails without a FIFO for the standard output.
testBetterThanGo("a terminal's output may go to a file", async (containerd) => {
  const stdout = `file://${containerd.folder}/terminal.log`;
  const args = ["sh", "-c", "stty -onlcr; seq 1000000 1262143; exit 3"];
  const shim = await DirectShim.start(containerd, id, { args, terminal: true });
  await shim.create(containerd, { stdout, terminal: true });
  await shim.tasks.call("Start", { id });
  assertEquals((await shim.tasks.call("Wait", { id })).exitStatus, 3);
  await shim.tasks.call("Delete", { id });
  await shim.shutDown();
  const lines = Array.from({ length: 262_144 }, (_, index) => `${1_000_000 + index}\n`).join("");
  assertEquals(await Deno.readTextFile(`${containerd.folder}/terminal.log`) === lines, true);
  await Deno.remove(`${containerd.folder}/terminal.log`);
});

testBetterThanGo("a file:// may be a FIFO, which has its reader later", async (containerd) => {
  const path = `${containerd.folder}/fifo`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const shim = await DirectShim.start(containerd, id, {
    args: ["sh", "-c", "seq 1000000; exec sleep 1000"],
  });
  const create = shim.create(containerd, { stdout: `file://${path}` });
  await within(30, "an answer to Create", create);
  await shim.tasks.call("Start", { id });
  await untilHeldBack("seq");
  await expectToGoOn(shim);
  const reader = await Deno.open(path, { read: true });
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 16);
  let text = "";
  while (!text.endsWith("\n1000000\n")) {
    text += decoder.decode(buffer.subarray(0, (await reader.read(buffer))!), { stream: true });
  }
  assertEquals(text, Array.from({ length: 1_000_000 }, (_, index) => `${index + 1}\n`).join(""));
  reader.close();
  await shim.end();
  await Deno.remove(path);
});

testBetterThanGo(
  "a disk that is full ends no process, and its log goes on later",
  async (containerd) => {
    const disk = `${containerd.folder}/disk`;
    await Deno.mkdir(disk);
    await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=1m", "disk", disk] })
      .output();
    try {
      // What is still in the pipe has room when the disk has some again.
      const script = "mkfifo go; seq 1000000; read x < go; echo again; exit 3";
      const stdout = `file://${disk}/log`;
      const shim = await DirectShim.run(containerd, id, { args: ["sh", "-c", script] }, { stdout });
      const { tasks, bundle } = shim;
      const went = `${bundle.path}/rootfs/go`;
      await eventually(
        "a full disk",
        async () => (await Deno.stat(`${disk}/log`)).size === 1 << 20 || undefined,
      );
      // All of it is in the pipe at the latest, or lost.
      await eventually("an end of seq", () => findPid("seq") === undefined || undefined);
      await Deno.truncate(`${disk}/log`, 0);
      await Deno.writeTextFile(went, "\n");
      assertEquals((await within(30, "its end", tasks.call("Wait", { id }))).exitStatus, 3);
      await tasks.call("Delete", { id });
      assertEquals((await Deno.readTextFile(`${disk}/log`)).endsWith("again\n"), true);
      assertStringIncludes(await shim.shutDown(), "no space left on device");
    } finally {
      await new Deno.Command("umount", { args: [disk] }).output();
      await Deno.remove(disk);
    }
  },
);

test("two streams into one file, each whole and in order", async (containerd) => {
  const path = `${containerd.folder}/both`;
  const script = "seq 1000000 1262143 & seq 2000000 2262143 >&2; wait";
  const streams: StreamPaths = { stdout: `file://${path}`, stderr: `file://${path}` };
  const shim = await DirectShim.run(containerd, id, { args: ["sh", "-c", script] }, streams);
  await shim.tasks.call("Wait", { id });
  await shim.tasks.call("Delete", { id });
  await shim.shutDown();
  const text = await Deno.readTextFile(path);
  const lines = text.trimEnd().split("\n");
  for (const first of ["1", "2"]) {
    const expected = Array.from({ length: 262_144 }, (_, index) => `${first}${1e6 + index}`)
      .map((line) => first + line.slice(2));
    assertEquals(
      lines.filter((line) => line[0] === first).join() === expected.join(),
      true,
      `all lines that begin with ${first}, in order`,
    );
  }
  await Deno.remove(path);
});

testBetterThanGo(
  "all that a process has written is in its log when its end is told",
  async (containerd) => {
    const path = `${containerd.folder}/log`;
    const shim = await DirectShim.run(containerd, id);
    const visitor = { id, execId: "visitor" };
    const spec = processSpec(["seq", "1000000", "1131071"]);
    const wait = async (round: number) => {
      const streams = { stdout: `file://${path}`, stderr: `file://${path}` };
      await shim.tasks.call("Exec", { ...visitor, spec, ...streams });
      await shim.tasks.call("Start", visitor);
      await shim.tasks.call("Wait", visitor);
      assertEquals((await Deno.stat(path)).size, round << 20);
      await shim.tasks.call("Delete", visitor);
    };
    for (let round = 1; round <= 5; round++) await wait(round);
    await shim.end();
    await Deno.remove(path);
  },
);

// Delete

testBetterThanGo(
  "a client that stops reading delays a Delete by some seconds",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id, { args: FLOOD });
    using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
    await shim.create(containerd, { stdout: stdout.path });
    await shim.tasks.call("Start", { id });
    await untilHeldBack("yes");
    assertLess(await end(shim), STILL_SECONDS + SLACK_SECONDS);
    await shim.shutDown();
  },
);

testBetterThanGo("so does a logging program, stopped or not, by twelve", async (containerd) => {
  await using program = await LogProgram.make(containerd, ready + "kill -STOP $$");
  const streams = { stdout: program.uri(), stderr: program.uri() };
  const shim = await DirectShim.run(containerd, id, { args: FLOOD }, streams);
  await untilHeldBack("yes");
  const took = await end(shim);
  assert(took > PROGRAM_SECONDS - 1, `it had ${took} seconds`);
  assertLess(took, PROGRAM_SECONDS + SLACK_SECONDS);
  await eventually("its end", () => findProcess(program.pids[0]) === undefined || undefined);
  await shim.shutDown();
});

// The runtime

/** A runtime that prints more than pipes and FIFOs hold before it does its work. */
async function printingRuntime(folder: string): Promise<string> {
  const path = `${folder}/printing-runc`;
  const script = `#!/bin/sh
for word; do
  case "$word" in create|exec) seq 1000000 1065535; seq 1000000 1065535 >&2; break ;; esac
done
exec runc "$@"
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return path;
}

testBetterThanGo(
  "a runtime may print more than a pipe holds before it begins",
  async (containerd) => {
    const args = ["sh", "-c", "echo init; exec sleep 1000"];
    const shim = await DirectShim.start(containerd, id, { args });
    const { tasks, bundle } = shim;
    const binaryName = await printingRuntime(bundle.path);
    const options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName }).finish(),
    };
    const lines = Array.from({ length: 65_536 }, (_, index) => `${1_000_000 + index}\n`).join("");
    using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
    using stderr = await ClientFifo.make(`${bundle.path}/stderr`);
    using ofExec = await ClientFifo.make(`${bundle.path}/exec`);
    const expectLines = async (fifo: ClientFifo, more: string) => {
      const [text] = await fifo.output.until(new RegExp(`^[^]*\n1065535\n${more}`));
      assertEquals(text === lines + more, true, `all of ${fifo.path}`);
    };
    const init = Promise.all([expectLines(stdout, "init\n"), expectLines(stderr, "")]);
    init.catch(() => {});
    const streams = { stdout: stdout.path, stderr: stderr.path };
    await within(20, "an answer to Create", shim.create(containerd, { ...streams, options }));
    await tasks.call("Start", { id });
    await within(20, "all of its output", init);

    const exec = expectLines(ofExec, "exec\n");
    exec.catch(() => {});
    const started = shim.exec("visitor", ["echo", "exec"], { stdout: ofExec.path });
    await within(20, "an answer to Start", started);
    await within(20, "all of its output", exec);
    await tasks.call("Wait", { id, execId: "visitor" });
    await tasks.call("Delete", { id, execId: "visitor" });
    await shim.end();
  },
);
