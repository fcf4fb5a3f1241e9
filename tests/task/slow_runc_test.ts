/** What waits for a slow command of runc, and what does not: with the Go shim of 1.6 all does. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { findProcess } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2, STOPPED = 3, PAUSED = 4, PAUSING = 5;
const resources = jsonAny("LinuxResources", { pids: { limit: 50 } });

testBetterThanGo(
  "changes of init are made one after the other; all else goes on",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin update", "begin pause", "begin resume");
    const pid = await shim.create(containerd, { options: runc.options });
    await tasks.call("Start", { id });
    const wait = tasks.call("Wait", { id });

    const changes = Promise.all([
      tasks.call("Update", { id, resources }),
      tasks.call("Pause", { id }),
      tasks.call("Resume", { id }),
      tasks.call("Update", { id, resources }),
    ]);
    await runc.untilHeld("begin update");
    assertEquals((await tasks.call("State", { id })).status, RUNNING);
    assertEquals((await tasks.call("Pids", { id })).processes.map(({ pid }) => pid), [pid]);
    assertEquals((await tasks.call("Connect", { id })).taskPid, pid);
    assertEquals((await tasks.call("Stats", { id })).stats === null, false);
    await tasks.call("Kill", { id, signal: 0 });
    await tasks.call("CloseIO", { id, stdin: true });
    await tasks.call("ResizePty", { id, width: 80, height: 24 });
    await shim.exec("visitor", ["sh", "-c", "exit 3"]);
    assertEquals((await tasks.call("Wait", { id, execId: "visitor" })).exitStatus, 3);
    await tasks.call("Delete", { id, execId: "visitor" });

    const order = ["update", "pause", "resume", "update"];
    for (const [index, command] of order.entries()) {
      if (index > 0) await runc.untilHeld(`begin ${command}`);
      await runc.release();
    }
    await changes;
    const expected = order.flatMap((command) => [`begin ${command}`, `end ${command}`]);
    assertEquals(await runc.log(), expected);
    await shim.end();
    assertEquals((await wait).exitStatus, 137);
  },
);

testBetterThanGo("a container is pausing until it is paused", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin pause");
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const pause = tasks.call("Pause", { id });
  await runc.untilHeld("begin pause");
  assertEquals((await tasks.call("State", { id })).status, PAUSING);
  await runc.release();
  await pause;
  assertEquals((await tasks.call("State", { id })).status, PAUSED);
  await shim.end();
});

for (const all of [false, true]) {
  const whom = all ? "all its processes" : "its init";
  testBetterThanGo(
    `a signal for ${whom} reaches a container that is being paused`,
    async (containerd) => {
      const shim = await DirectShim.start(containerd, id);
      const { tasks, bundle } = shim;
      using runc = await SlowRunc.make(bundle.path, "end pause");
      await shim.create(containerd, { options: runc.options });
      await tasks.call("Start", { id });
      const pause = tasks.call("Pause", { id });
      await runc.untilHeld("end pause");
      // The processes are frozen already: frozen ones feel no signal.
      const kill = tasks.call("Kill", { id, signal: 9, all });
      const wait = tasks.call("Wait", { id });
      await tasks.call("State", { id });
      await runc.release();
      await pause;
      await kill;
      assertEquals((await within(30, "an end of init", wait)).exitStatus, 137);
      await tasks.call("Delete", { id });
      await shim.shutDown();
    },
  );
}

testBetterThanGo("execs start side by side", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const execIds = ["one", "two", "three"];
  const starts = Promise.all(execIds.map((execId) => shim.exec(execId, ["true"])));
  for (const _held of execIds) await runc.untilHeld("begin exec");
  assertEquals(await runc.log(), Array(3).fill("begin exec"));
  for (const _held of execIds) await runc.release();
  await starts;
  await shim.end();
});

testBetterThanGo("init's end waits for an exec that is being started", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin exec");
  const pid = await shim.create(containerd, { options: runc.options });
  await tasks.call("Start", { id });
  const start = assertRejects(() => shim.exec("visitor", ["true"]), StatusError);
  const wait = tasks.call("Wait", { id });
  await runc.untilHeld("begin exec");
  await tasks.call("Kill", { id, signal: 9 });
  await eventually("an end of init", () => findProcess(pid) === undefined || undefined);
  assertEquals((await tasks.call("State", { id })).status, RUNNING);
  await runc.release();
  assertStringIncludes((await start).message, "OCI runtime exec failed: ");
  assertEquals((await wait).exitStatus, 137);
  assertEquals((await tasks.call("State", { id })).status, STOPPED);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo("a signal reaches init while it is being started", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks, bundle } = shim;
  using runc = await SlowRunc.make(bundle.path, "begin start");
  await shim.create(containerd, { options: runc.options });
  const wait = tasks.call("Wait", { id });
  const start = assertRejects(() => tasks.call("Start", { id }), StatusError);
  await runc.untilHeld("begin start");
  assertEquals((await tasks.call("State", { id })).status, CREATED);
  await tasks.call("Kill", { id, signal: 9 });
  await runc.release();
  assertStringIncludes((await start).message, "OCI runtime start failed: ");
  assertEquals((await wait).exitStatus, 137);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo(
  "a container that is being created or deleted holds its id, and the shim",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, id);
    const { tasks, bundle } = shim;
    using runc = await SlowRunc.make(bundle.path, "begin create", "begin delete");
    const request = { id, bundle: bundle.path, options: runc.options };
    const refuse = () => expectStatus(StatusCode.ALREADY_EXISTS, tasks.call("Create", request));

    const create = shim.create(containerd, { options: runc.options });
    await runc.untilHeld("begin create");
    await refuse();
    await tasks.call("Shutdown", { id });
    await runc.release();
    await create;

    await tasks.call("Kill", { id, signal: 9 });
    const exit = await tasks.call("Wait", { id });
    const deletion = tasks.call("Delete", { id });
    await runc.untilHeld("begin delete");
    await refuse();
    assertEquals((await tasks.call("State", { id })).status, STOPPED);
    assertEquals(await tasks.call("Wait", { id }), exit);
    await tasks.call("Shutdown", { id });
    await runc.release();
    assertEquals((await deletion).exitStatus, 137);
    await shim.shutDown();
  },
);
