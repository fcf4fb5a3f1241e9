/** Wait: who asks for the end of a process gets an answer, whenever it asks. */

import { assert, assertEquals } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { countDescriptors, untilDescriptors } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** The status of a process that never ran, as containerd has it. */
const UNKNOWN_STATUS = 255;

for (const execId of ["", "visitor"]) {
  const process = execId === "" ? "init" : "an exec";
  test(`all waiters for ${process} get the same answer, until it is deleted`, async (containerd) => {
    const args = ["sh", "-c", "exit 5"];
    const shim = await DirectShim.start(containerd, id, execId === "" ? { args } : {});
    const { tasks } = shim;
    await shim.create(containerd);
    if (execId !== "") {
      await tasks.call("Start", { id });
      await tasks.call("Exec", { id, execId, spec: processSpec(args) });
    }
    const other = await TaskClient.connect(shim.address);
    const wait = (client: TaskClient) => client.call("Wait", { id, execId });
    const waiters = Array.from({ length: 100 }, () => [wait(tasks), wait(other)]).flat();

    const before = Date.now();
    await tasks.call("Start", { id, execId });
    const [exit, ...exits] = await Promise.all(waiters);
    assertEquals(exit.exitStatus, 5);
    const exitedAt = Number(exit.exitedAt!.seconds) * 1000 + exit.exitedAt!.nanos / 1e6;
    assert(exitedAt >= before && exitedAt <= Date.now(), `${exitedAt} is when it exited`);
    exits.push(await wait(tasks), await wait(other));
    for (const each of exits) assertEquals(each, exit);

    const { exitStatus, exitedAt: deletedAt } = await tasks.call("Delete", { id, execId });
    assertEquals({ exitStatus, exitedAt: deletedAt }, { ...exit });
    await expectStatus(StatusCode.NOT_FOUND, wait(tasks));
    other.client.close();
    await (execId === "" ? shim.shutDown() : shim.end());
  });
}

testBetterThanGo("a waiter that goes away takes nothing from the others", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const wait = shim.tasks.call("Wait", { id });
  const before = countDescriptors(shim.pid);
  const others = await Promise.all(
    Array.from({ length: 10 }, () => TaskClient.connect(shim.address)),
  );
  const waiters = others.map((other) => other.call("Wait", { id }).catch(() => "gone"));
  await Promise.all(others.map((other) => other.call("Connect", { id })));
  for (const { client } of others) client.close();
  assertEquals(await Promise.all(waiters), Array(10).fill("gone"));
  await untilDescriptors(shim.pid, before);
  await shim.end();
  assertEquals((await wait).exitStatus, 137);
});

testBetterThanGo(
  "who waits for an init that never runs learns how it ended",
  async (containerd) => {
    await using events = await containerd.recordEvents();
    const shim = await DirectShim.start(containerd, id);
    const pid = await shim.create(containerd);
    const wait = shim.tasks.call("Wait", { id });
    const deletion = await shim.tasks.call("Delete", { id });
    assertEquals([deletion.pid, deletion.exitStatus], [pid, 137]);
    const { exitStatus, exitedAt } = await within(30, "an answer to Wait", wait);
    assertEquals({ exitStatus, exitedAt }, {
      exitStatus: deletion.exitStatus,
      exitedAt: deletion.exitedAt,
    });
    await shim.shutDown();
    await events.catchUp();
    assertEquals(
      events.tasks.map(({ topic, body }) => [topic, body.pid, body.exit_status]),
      [["/tasks/create", pid, undefined], ["/tasks/exit", pid, 137], ["/tasks/delete", pid, 137]],
    );
  },
);

/** What ends an exec that never runs. */
const ends: Record<string, (shim: DirectShim, execId: string) => Promise<unknown>> = {
  "can't be started": ({ tasks }, execId) =>
    expectStatus(StatusCode.UNKNOWN, tasks.call("Start", { id, execId })),
  "is deleted": ({ tasks }, execId) => tasks.call("Delete", { id, execId }),
  "goes with its container": async ({ tasks }) => {
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    await tasks.call("Delete", { id });
  },
};
for (const [end, work] of Object.entries(ends)) {
  testBetterThanGo(
    `who waits for an exec that ${end} learns that it never ran`,
    async (containerd) => {
      const shim = await DirectShim.run(containerd, id);
      const { tasks } = shim;
      await tasks.call("Exec", { id, execId: "visitor", spec: processSpec(["nosuch"]) });
      const wait = tasks.call("Wait", { id, execId: "visitor" });
      await work(shim, "visitor");
      assertEquals((await within(30, "an answer to Wait", wait)).exitStatus, UNKNOWN_STATUS);
      await (end === "goes with its container" ? shim.shutDown() : shim.end());
    },
  );
}
