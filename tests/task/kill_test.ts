/** Kill: a signal to one process, in each of its states. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { processSpec } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** signal(7) */
const SIGKILL = 9, SIGUSR1 = 10, SIGTERM = 15;
/** Ends with 21 at SIGTERM. */
const trap = ["sh", "-c", "trap 'exit 21' TERM; echo ready; while :; do sleep 0.01; done"];

test("a signal reaches init, whatever its state is", async (containerd) => {
  const shim = await DirectShim.start(containerd, id, { args: trap });
  const { tasks, bundle } = shim;
  using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
  using stderr = await ClientFifo.make(`${bundle.path}/stderr`);
  const streams = { stdout: stdout.path, stderr: stderr.path };

  await shim.create(containerd);
  await tasks.call("Kill", { id, signal: SIGKILL });
  assertEquals((await tasks.call("Wait", { id })).exitStatus, 137, "created");
  await tasks.call("Delete", { id });

  await shim.create(containerd, streams);
  await tasks.call("Start", { id });
  await stdout.output.until(/ready\n/);
  await tasks.call("Kill", { id, signal: SIGTERM });
  assertEquals((await tasks.call("Wait", { id })).exitStatus, 21, "running");
  await tasks.call("Delete", { id });

  await shim.create(containerd, streams);
  await tasks.call("Start", { id });
  await stdout.output.until(/ready\n/);
  await tasks.call("Pause", { id });
  await tasks.call("Kill", { id, signal: SIGTERM });
  assertEquals((await tasks.call("State", { id })).status, 4, "it is still paused");
  await tasks.call("Resume", { id });
  assertEquals((await tasks.call("Wait", { id })).exitStatus, 21, "paused");
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

test("a signal reaches an exec, whatever its container's state is", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks, bundle } = shim;
  using stdout = await ClientFifo.make(`${bundle.path}/stdout`);
  using stderr = await ClientFifo.make(`${bundle.path}/stderr`);
  const streams = { stdout: stdout.path, stderr: stderr.path };
  for (const execId of ["runs", "pauses"]) {
    await shim.exec(execId, trap, streams);
    await stdout.output.until(/ready\n/);
    if (execId === "pauses") await tasks.call("Pause", { id });
    await tasks.call("Kill", { id, execId, signal: SIGTERM });
    if (execId === "pauses") await tasks.call("Resume", { id });
    assertEquals((await tasks.call("Wait", { id, execId })).exitStatus, 21, execId);
  }
  await shim.end();
});

test("the init of a PID namespace feels no signal that it does not ask for", async (containerd) => {
  // Many at once, which make each other's runtimes slow to become the programs of the containers.
  const ids = Array.from({ length: 12 }, (_, index) => `${id}-${index}`);
  await Promise.all(ids.map(async (id) => {
    const shim = await DirectShim.run(containerd, id);
    for (const signal of [SIGTERM, SIGUSR1]) await shim.tasks.call("Kill", { id, signal });
    await shim.tasks.call("Kill", { id, signal: SIGKILL });
    assertEquals((await shim.tasks.call("Wait", { id })).exitStatus, 137);
    await shim.tasks.call("Delete", { id });
    await shim.shutDown();
  }));
});

test("signal 0 only asks whether a process is there", async (containerd) => {
  const shim = await DirectShim.run(containerd, id, { args: trap });
  const { tasks } = shim;
  await shim.exec("visitor", ["sleep", "1000"]);
  for (const execId of ["", "visitor"]) {
    await tasks.call("Kill", { id, execId, signal: 0 });
    assertEquals((await tasks.call("State", { id, execId })).status, 2);
  }
  await tasks.call("Kill", { id, execId: "visitor", signal: SIGKILL });
  await tasks.call("Wait", { id, execId: "visitor" });
  await expectStatus(
    StatusCode.NOT_FOUND,
    tasks.call("Kill", { id, execId: "visitor", signal: 0 }),
  );
  await shim.end();
});

test("what has finished is not found", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  await shim.exec("visitor", ["true"]);
  await tasks.call("Wait", { id, execId: "visitor" });
  const refuse = async (execId = "") => {
    const answer = tasks.call("Kill", { id, execId, signal: SIGKILL });
    const message = await expectStatus(StatusCode.NOT_FOUND, answer);
    assertStringIncludes(message, "process already finished");
  };
  await refuse("visitor");
  await tasks.call("Kill", { id, signal: SIGKILL });
  await tasks.call("Wait", { id });
  await refuse();
  await refuse("visitor");
  await tasks.call("Delete", { id });
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { id, signal: SIGKILL }));
  await shim.shutDown();
});

test("an exec that was not started can't be killed yet", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const exec = { id, execId: "visitor" };
  await tasks.call("Exec", { ...exec, spec: processSpec(["true"]) });
  const answer = tasks.call("Kill", { ...exec, signal: SIGKILL });
  assertStringIncludes(
    await expectStatus(StatusCode.FAILED_PRECONDITION, answer),
    "process not created",
  );
  await shim.end();
});

testBetterThanGo("a signal that there is not is an invalid argument", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  await shim.exec("visitor", ["sleep", "1000"]);
  const refuse = async (rest: { execId?: string; all?: boolean } = {}) => {
    for (const signal of [65, 999, 2 ** 31, 2 ** 32 - 1]) {
      const answer = tasks.call("Kill", { id, ...rest, signal });
      const message = await expectStatus(StatusCode.INVALID_ARGUMENT, answer);
      assertEquals(message, `expected a signal from 0 to 64, not ${signal}`);
    }
  };
  await refuse();
  await refuse({ all: true });
  await refuse({ execId: "visitor" });
  await tasks.call("Pause", { id });
  await refuse();
  await tasks.call("Resume", { id });
  await shim.end();
});
