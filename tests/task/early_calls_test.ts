/** Calls that come while what they are for is still being made: they wait, as clients ask only once. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { Bundle, DirectShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { jsonAny, processSpec, type TaskClient } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const visitor = { id, execId: "visitor" };
/** containerd.v1.types.Status */
const CREATED = 1;
/** Calls that can be answered as soon as there is a container. */
const calls: Record<string, (tasks: TaskClient) => Promise<unknown>> = {
  State: (tasks) => tasks.call("State", { id }),
  Pids: (tasks) => tasks.call("Pids", { id }),
  Stats: (tasks) => tasks.call("Stats", { id }),
  Kill: (tasks) => tasks.call("Kill", { id, signal: 0 }),
  CloseIO: (tasks) => tasks.call("CloseIO", { id, stdin: true }),
  ResizePty: (tasks) => tasks.call("ResizePty", { id, width: 80, height: 24 }),
  Exec: (tasks) => tasks.call("Exec", { ...visitor, spec: processSpec(["true"]) }),
  Update: (tasks) =>
    tasks.call("Update", { id, resources: jsonAny("LinuxResources", { pids: { limit: 50 } }) }),
};
/** And those that only a running one can answer. */
const more: typeof calls = {
  Start: (tasks) => tasks.call("Start", { id }),
  Pause: (tasks) => tasks.call("Pause", { id }),
  Resume: (tasks) => tasks.call("Resume", { id }),
  Wait: (tasks) => tasks.call("Wait", { id }),
  Checkpoint: (tasks) => tasks.call("Checkpoint", { id, path: "/nowhere" }),
};

test("the input of a container that is being created can be closed", async (containerd) => {
  const shim = await DirectShim.start(containerd, id, { args: ["cat"] });
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin create");
  using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
  const stdin = await ClientFifo.make(`${bundle.path}/stdin`);
  const streams = { stdin: stdin.path, stdout: stdout.path, stderr: stdout.path };
  const create = shim.create(containerd, { options: runc.options, ...streams });
  await runc.untilHeld("begin create");
  // As nerdctl run -i does when its own input has ended.
  await stdin.write("all there is\n");
  const state = tasks.call("State", { id });
  const closing = tasks.call("CloseIO", { id, stdin: true });
  await runc.release();
  const pid = await create;
  const { status, pid: told } = await state;
  assertEquals([status, told], [CREATED, pid]);
  await closing;
  stdin[Symbol.dispose]();
  await tasks.call("Start", { id });
  await stdout.output.until(/all there is\n/);
  const wait = tasks.call("Wait", { id });
  assertEquals((await within(30, "an end of cat", wait)).exitStatus, 0);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo(
  "every call waits for the Create, and no other container does",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    const other = await Bundle.make(containerd, "other");
    await tasks.call("Create", await other.createRequest(containerd));
    using runc = await SlowRunc.make(bundle.path, "begin create");
    const create = shim.create(containerd, { options: runc.options });
    await runc.untilHeld("begin create");

    const answered: string[] = [];
    const early = Object.entries(calls).map(async ([name, call]) => {
      await call(tasks);
      answered.push(name);
    });
    await tasks.call("Start", { id: other.id });
    await tasks.call("Kill", { id: other.id, signal: 9 });
    assertEquals((await tasks.call("Wait", { id: other.id })).exitStatus, 137);
    await tasks.call("Delete", { id: other.id });
    // A restarted containerd 1.6 asks for this alone, and waits.
    assertEquals((await tasks.call("Connect", { id })).taskPid, 0);
    assertEquals(answered, []);

    await runc.release();
    await create;
    await within(30, "answers", Promise.all(early));
    await tasks.call("Start", { id });
    await tasks.call("Start", visitor);
    assertEquals((await tasks.call("Wait", visitor)).exitStatus, 0);
    await shim.end();
    await other.remove();
  },
);

testBetterThanGo(
  "a Create that fails leaves nothing to those who waited for it",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id, { args: ["/nowhere"] });
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin create");
    const create = expectStatus(
      StatusCode.UNKNOWN,
      shim.create(containerd, { options: runc.options }),
    );
    await runc.untilHeld("begin create");
    const early = Object.values({ ...calls, ...more }).map((call) =>
      expectStatus(StatusCode.NOT_FOUND, call(tasks))
    );
    await runc.release();
    assertStringIncludes(await create, "OCI runtime create failed: ");
    for (const message of await Promise.all(early)) {
      assertEquals(message, `there is no container ${id}`);
    }
    await shim.shutDown();
  },
);

testBetterThanGo(
  "a call that is late for its deadline does nothing any more",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin create", "begin exec");
    const late = (call: Promise<unknown>) => expectStatus(StatusCode.DEADLINE_EXCEEDED, call);
    const options = { timeoutMs: 100 };

    const create = shim.create(containerd, { options: runc.options });
    await runc.untilHeld("begin create");
    await late(tasks.call("Kill", { id, signal: 9 }, options));
    await runc.release();
    const pid = await create;
    await tasks.call("Start", { id });

    const start = shim.exec("visitor", ["sleep", "1000"]);
    await runc.untilHeld("begin exec");
    await late(tasks.call("Kill", { ...visitor, signal: 9 }, options));
    await runc.release();
    const alive = [pid, await start];
    const { processes } = await tasks.call("Pids", { id });
    assertEquals(processes.map(({ pid }) => pid).toSorted(), alive.toSorted());
    await shim.end();
  },
);

test("an exec that is being started is killed, once it is there", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const start = shim.exec("visitor", ["sleep", "1000"]);
  await runc.untilHeld("begin exec");
  const wait = tasks.call("Wait", visitor);
  const kill = tasks.call("Kill", { ...visitor, signal: 9 });
  await runc.release();
  await start;
  await kill;
  assertEquals((await within(30, "an end of the exec", wait)).exitStatus, 137);
  await tasks.call("Delete", visitor);
  await shim.end();
});

testBetterThanGo(
  "an exec that can't be started has finished for who kills it meanwhile",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin exec");
    await shim.create(containerd, { options: runc.options });
    await tasks.call("Start", { id });
    const start = expectStatus(StatusCode.UNKNOWN, shim.exec("visitor", ["/nowhere"]));
    await runc.untilHeld("begin exec");
    const kill = tasks.call("Kill", { ...visitor, signal: 9 });
    await runc.release();
    await start;
    assertEquals(await expectStatus(StatusCode.NOT_FOUND, kill), "process already finished");
    await shim.end();
  },
);

test("a terminal that is being made gets its size", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const script = "until stty size | grep -v '^0 0$'; do sleep 0.01; done";
  // In Go's an exec at a terminal has to have both.
  using stdin = await ClientFifo.make(`${bundle.path}/stdin`);
  const streams = { stdin: stdin.path, stdout: stdout.path };
  const start = shim.exec("visitor", ["sh", "-c", script], { terminal: true, ...streams });
  await runc.untilHeld("begin exec");
  const resize = tasks.call("ResizePty", { ...visitor, width: 132, height: 43 });
  await runc.release();
  await start;
  await resize;
  await within(30, "the size", stdout.output.until(/43 132/));
  assertEquals((await tasks.call("Wait", visitor)).exitStatus, 0);
  await shim.end();
});
