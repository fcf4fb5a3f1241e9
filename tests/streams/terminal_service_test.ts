/** Terminals as a client of its own asks the Task service for them, where ctr can't. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { StatusError } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** Tells its size when that changes, and repeats what it reads. */
const talker = "trap 'stty size' WINCH; echo ready; " +
  "while :; do read line && echo got $line; done";

/** A shim with a container that was not created yet, whose init will have a terminal. */
function startShim(
  containerd: PrivateContainerd,
  id: string,
  script: string,
): Promise<DirectShim> {
  return DirectShim.start(containerd, id, { args: ["sh", "-c", script], terminal: true });
}

/** Where the streams of a process lead. */
interface Streams {
  stdin?: string;
  stdout?: string;
}

/** Creates and starts init. */
async function startInit(
  shim: DirectShim,
  containerd: PrivateContainerd,
  streams: Streams,
): Promise<void> {
  await shim.create(containerd, { terminal: true, ...streams });
  await shim.tasks.call("Start", { id: shim.id });
}

/** Adds and starts the exec `visitor`, with a terminal. */
async function startExec(
  { tasks, id }: DirectShim,
  script: string,
  streams: Streams,
): Promise<void> {
  const exec = { id, execId: "visitor" };
  const spec = processSpec(["sh", "-c", script], { terminal: true });
  await tasks.call("Exec", { ...exec, terminal: true, spec, ...streams });
  await tasks.call("Start", exec);
}

/** Makes the FIFOs of a process with a terminal: there is none for standard error. */
async function makeFifos({ bundle }: DirectShim, name: string) {
  const stdin = await ClientFifo.make(`${bundle.path}/${name}-stdin`);
  const stdout = await ClientFifo.make(`${bundle.path}/${name}-stdout`);
  return {
    stdin,
    stdout,
    paths: { stdin: stdin.path, stdout: stdout.path },
    [Symbol.dispose]() {
      stdin[Symbol.dispose]();
      stdout[Symbol.dispose]();
    },
  };
}

test("ResizePty of init and of an exec, each its own", async (containerd) => {
  const shim = await startShim(containerd, "box", talker);
  const { tasks, id } = shim;
  using init = await makeFifos(shim, "init");
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, init.paths);
  await startExec(shim, talker, exec.paths);
  await init.stdout.output.until(/ready/);
  await exec.stdout.output.until(/ready/);
  for (const [width, height] of [[132, 43], [80, 24], [29999, 2]]) {
    await tasks.call("ResizePty", { id, width, height });
    await init.stdout.output.until(new RegExp(`^${height} ${width}\r$`, "m"));
    await tasks.call("ResizePty", { id, execId: "visitor", width: height, height: width });
    await exec.stdout.output.until(new RegExp(`^${width} ${height}\r$`, "m"));
  }
  await assertRejects(
    () => tasks.call("ResizePty", { id, execId: "nosuch", width: 1, height: 1 }),
    StatusError,
    "nosuch",
  );
  await shim.end();
});

test("ResizePty without a terminal does nothing", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const { tasks, id } = shim;
  await shim.create(containerd);
  await tasks.call("ResizePty", { id, width: 132, height: 43 });
  await tasks.call("Start", { id });
  await tasks.call("ResizePty", { id, width: 132, height: 43 });
  const exec = { id, execId: "visitor" };
  await tasks.call("Exec", { ...exec, spec: processSpec(["sleep", "1000"]) });
  await tasks.call("ResizePty", { ...exec, width: 132, height: 43 });
  await tasks.call("Start", exec);
  await tasks.call("ResizePty", { ...exec, width: 132, height: 43 });
  await shim.end();
});

test("CloseIO does not end a terminal: it has no end but control and D", async (containerd) => {
  const shim = await startShim(containerd, "box", talker);
  const { tasks, id } = shim;
  using init = await makeFifos(shim, "init");
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, init.paths);
  await startExec(shim, "while read line; do echo got $line; done; echo end; exit 6", exec.paths);
  for (const [execId, { stdin, stdout }] of [["", init], ["visitor", exec]] as const) {
    await stdin.write("first\n");
    await stdout.output.until(/got first/);
    await tasks.call("CloseIO", { id, execId, stdin: true });
    await stdin.write("second\n");
    await stdout.output.until(/got second/);
  }
  await exec.stdin.write("\x04");
  await exec.stdout.output.until(/end/);
  const visitor = { id, execId: "visitor" };
  assertEquals((await tasks.call("Wait", visitor)).exitStatus, 6);
  await tasks.call("Delete", visitor);
  await shim.end();
});

testBetterThanGo("a terminal goes on when its client has closed its input", async (containerd) => {
  const shim = await startShim(
    containerd,
    "box",
    "echo ready; while [ ! -e /go ]; do sleep 0.01; done; echo later; exit 3",
  );
  const { tasks, id } = shim;
  using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
  const stdin = await ClientFifo.make(`${shim.bundle.path}/stdin`);
  await startInit(shim, containerd, { stdin: stdin.path, stdout: stdout.path });
  await stdout.output.until(/ready/);
  await tasks.call("CloseIO", { id, stdin: true });
  stdin[Symbol.dispose]();
  await Deno.writeTextFile(`${shim.bundle.path}/rootfs/go`, "");
  await stdout.output.until(/later/);
  assertEquals((await tasks.call("Wait", { id })).exitStatus, 3);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo("a terminal without FIFOs does not hold up its process", async (containerd) => {
  const chatty = "seq 200000";
  const shim = await startShim(containerd, "box", `${chatty}; exec sleep 1000`);
  const { tasks, id } = shim;
  await startInit(shim, containerd, {});
  await startExec(shim, `${chatty}; exit 4`, {});
  const exec = { id, execId: "visitor" };
  assertEquals((await within(30, "an end of the exec", tasks.call("Wait", exec))).exitStatus, 4);
  await tasks.call("Delete", exec);
  await eventually("an end of what init has to say", async () => {
    const { processes } = await tasks.call("Pids", { id });
    // seq may end before it is looked at.
    return processes.length === 1 &&
        Deno.readTextFileSync(`/proc/${processes[0].pid}/comm`) === "sleep\n" || undefined;
  });
  await shim.end();
});

testBetterThanGo("a terminal can have an output alone, or an input alone", async (containerd) => {
  const shim = await startShim(containerd, "box", talker);
  using init = await makeFifos(shim, "init");
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, { stdout: init.stdout.path });
  await init.stdout.output.until(/ready/);
  await startExec(shim, "read code; exit $code", { stdin: exec.stdin.path });
  await exec.stdin.write("5\n");
  const visitor = { id: shim.id, execId: "visitor" };
  assertEquals((await shim.tasks.call("Wait", visitor)).exitStatus, 5);
  await shim.tasks.call("Delete", visitor);
  await shim.end();
});

test("Delete ends though another process writes to the terminal", async (containerd) => {
  const shim = await startShim(containerd, "box", "exec sleep 1000");
  const { tasks, id } = shim;
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, {
    stdin: exec.stdin.path, // the Go shim wants both
    stdout: exec.stdout.path,
  });
  using visitor = await makeFifos(shim, "visitor");
  // The end of the first process hangs the terminal up for all, and anybody may open it again.
  const again = "trap '' HUP; while echo; do :; done; while sleep 0.01; do yes; done";
  const script = `t=$(tty); setsid sh -c "${again}" >$t 2>&1 & echo started; exit 3`;
  await startExec(shim, script, visitor.paths);
  const request = { id, execId: "visitor" };
  await visitor.stdout.output.until(/started/);
  assertEquals((await within(30, "an end", tasks.call("Wait", request))).exitStatus, 3);
  await within(30, "an end of Delete", tasks.call("Delete", request));
  await shim.end();
});

test("a terminal in a bundle of a long path", async (containerd) => {
  const id = "long-".repeat(15);
  const shim = await startShim(containerd, id, talker);
  assertEquals(shim.bundle.path.length > 107, true, "more than a socket's path may have");
  using init = await makeFifos(shim, "init");
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, init.paths);
  await startExec(shim, talker, exec.paths);
  for (const { stdin, stdout } of [init, exec]) {
    await stdin.write("hello\n");
    await stdout.output.until(/got hello/);
  }
  await shim.end();
});

test("State tells of a terminal", async (containerd) => {
  const shim = await startShim(containerd, "box", talker);
  using init = await makeFifos(shim, "init");
  using exec = await makeFifos(shim, "exec");
  await startInit(shim, containerd, init.paths);
  await startExec(shim, talker, exec.paths);
  for (const [execId, { paths }] of [["", init], ["visitor", exec]] as const) {
    const { terminal, stdin, stdout } = await shim.tasks.call("State", { id: "box", execId });
    assertEquals({ terminal, stdin, stdout }, { terminal: true, ...paths });
  }
  await shim.end();
});

test("a Create with a terminal that fails leaves no socket, and the id free", async (containerd) => {
  // A server keeps its lock for a moment after its start has answered.
  const sockets = () =>
    [...Deno.readDirSync("/run/containerd/s")].map(({ name }) => name).filter((name) =>
      !name.endsWith(".lock")
    );
  const shim = await startShim(containerd, "box", talker);
  using init = await makeFifos(shim, "init");
  const before = sockets();
  const { tasks, id, bundle } = shim;
  const request = { id, bundle: bundle.path, terminal: true, ...init.paths };
  const missing = { type: "bind", source: `${bundle.path}/empty`, options: ["rbind"] };
  await Deno.mkdir(missing.source);
  const error = await assertRejects(
    () => tasks.call("Create", { ...request, rootfs: [missing] }),
    StatusError,
  );
  assertMatch(error.message, /OCI runtime create failed/);
  assertEquals(sockets(), before);
  await startInit(shim, containerd, init.paths);
  await init.stdout.output.until(/ready/);
  await shim.end();
});
