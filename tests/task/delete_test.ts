/** Delete: of what has ended or never ran, once, and with all that belongs to it. */

import { assertEquals } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import {
  countDescriptors,
  findProcess,
  isAlive,
  untilDescriptors,
} from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";

testBetterThanGo("what runs can't be deleted, and goes on", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const refuse = async (execId = "") =>
    await expectStatus(StatusCode.FAILED_PRECONDITION, tasks.call("Delete", { id, execId }));
  const pid = await shim.exec("visitor", ["sleep", "1000"]);
  assertEquals(await refuse(), "cannot delete a running process");
  assertEquals(await refuse("visitor"), "cannot delete a running process");
  await tasks.call("Pause", { id });
  assertEquals(await refuse(), "cannot delete a paused process");
  await tasks.call("Resume", { id });
  assertEquals(isAlive(pid), true);
  await shim.end();
});

test("a container that was never started can be deleted", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const pid = await shim.create(containerd);
  assertEquals((await shim.tasks.call("Delete", { id })).pid, pid);
  assertEquals(findProcess(pid), undefined);
  await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id }));
  await shim.shutDown();
});

test("an exec that was never started can be deleted", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  await tasks.call("Exec", { id, execId: "visitor", spec: processSpec(["true"]) });
  assertEquals((await tasks.call("Delete", { id, execId: "visitor" })).pid, 0);
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Start", { id, execId: "visitor" }));
  await shim.end();
});

for (const execId of ["", "visitor"]) {
  const process = execId === "" ? "init" : "an exec";
  test(`of two that delete ${process}, one does and the other finds nothing`, async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks } = shim;
    if (execId !== "") await shim.exec(execId, ["sleep", "1000"]);
    await tasks.call("Kill", { id, execId, signal: 9 });
    const exit = await tasks.call("Wait", { id, execId });
    const deletions = [1, 2].map(() => tasks.call("Delete", { id, execId }));
    const statuses = await Promise.all(
      deletions.map((answer) => answer.then(({ exitStatus }) => exitStatus, ({ code }) => code)),
    );
    assertEquals(statuses.toSorted(), [exit.exitStatus, StatusCode.NOT_FOUND].toSorted());
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Delete", { id, execId }));
    await (execId === "" ? shim.shutDown() : shim.end());
  });
}

testBetterThanGo("a container goes with all its execs, deleted or not", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks } = shim;
  using stdout = await ClientFifo.make(`${shim.bundle.path}/stdout`);
  let afterFirst: number | undefined;
  for (const _life of [1, 2]) {
    await shim.create(containerd);
    await tasks.call("Start", { id });
    const pid = await shim.exec("runs", ["sleep", "1000"], { stdout: stdout.path });
    await shim.exec("ends", ["true"], { stdout: stdout.path });
    await tasks.call("Exec", { id, execId: "waits", spec: processSpec(["true"]) });
    await tasks.call("Wait", { id, execId: "ends" });
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    await tasks.call("Delete", { id });
    assertEquals(findProcess(pid), undefined);
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id, execId: "ends" }));
    afterFirst ??= countDescriptors(shim.pid);
  }
  await untilDescriptors(shim.pid, afterFirst!);
  await shim.shutDown();
});
