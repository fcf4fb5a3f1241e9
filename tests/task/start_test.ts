/** Start: a process begins once, and its start is told before its end. */

import { assertEquals } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";

for (const execId of ["", "visitor"]) {
  const process = execId === "" ? "init" : "an exec";
  const exec = { id, execId };

  test(`of two that start ${process} at once, one does`, async (containerd) => {
    await using events = await containerd.recordEvents();
    const shim = await DirectShim.start(containerd, id);
    const { tasks } = shim;
    await shim.create(containerd);
    if (execId !== "") {
      await tasks.call("Start", { id });
      await tasks.call("Exec", { ...exec, spec: processSpec(["sleep", "1000"]) });
    }
    const answers = await Promise.allSettled([1, 2].map(() => tasks.call("Start", exec)));
    assertEquals(answers.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    await shim.end();
    await events.catchUp();
    const topic = execId === "" ? "/tasks/start" : "/tasks/exec-started";
    assertEquals(events.tasks.filter((event) => event.topic === topic).length, 1);
  });

  testBetterThanGo(`${process} that runs, or has ended, can't be started`, async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const { tasks } = shim;
    if (execId !== "") await shim.exec(execId, ["sleep", "1000"]);
    const refuse = () => expectStatus(StatusCode.FAILED_PRECONDITION, tasks.call("Start", exec));
    assertEquals(await refuse(), "cannot start a running process");
    await tasks.call("Kill", { ...exec, signal: 9 });
    await tasks.call("Wait", exec);
    assertEquals(await refuse(), "cannot start a stopped process");
    await tasks.call("Delete", exec);
    await (execId === "" ? shim.shutDown() : shim.end());
  });
}

test("fifty short execs in a row: each tells of its start, then of its end", async (containerd) => {
  await using events = await containerd.recordEvents();
  const shim = await DirectShim.run(containerd, id);
  const ids = Array.from({ length: 50 }, (_, index) => `exec-${index}`);
  const pids: number[] = [];
  for (const execId of ids) {
    pids.push(await shim.exec(execId, ["true"]));
    assertEquals((await shim.tasks.call("Wait", { id, execId })).exitStatus, 0);
  }
  await shim.end();
  await events.catchUp();
  const told = events.tasks
    .filter(({ topic }) => topic === "/tasks/exec-started" || topic === "/tasks/exit")
    .map(({ topic, body }) => [topic, body.exec_id ?? body.id, body.pid]);
  const expected = ids.flatMap((execId, index) => [
    ["/tasks/exec-started", execId, pids[index]],
    ["/tasks/exit", execId, pids[index]],
  ]);
  assertEquals(told.slice(0, -1), expected);
});
