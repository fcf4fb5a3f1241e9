/** Processes of a container killed from the host, as by the out-of-memory killer or an operator. */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf, descendantsOf, findProcess, isAlive } from "../harness/machine/processes.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

for (const flags of [[], ["--with-ns", "pid:/proc/self/ns/pid"]]) {
  const kind = flags.length === 0 ? "a PID namespace of its own" : "the host's PID namespace";
  test(`kill -9 of init ends everything of a container with ${kind}`, async (containerd) => {
    await using events = await containerd.recordEvents();
    const script = "sleep 1000 & sleep 1000 & wait";
    expectSuccess(await containerd.run(["--detach", ...flags], "box", "sh", "-c", script));
    await containerd.execDetached("box", "visitor", "sh", "-c", script);
    const shim = await containerd.shimPid("box");
    const init = await containerd.taskPid("box");
    const processes = await eventually("init, an exec, and their children", () => {
      const processes = descendantsOf(shim);
      return processes.length === 6 ? processes : undefined;
    });

    Deno.kill(init, "SIGKILL");
    assertEquals((await events.untilExit("box")).body.exit_status, 137);
    assertEquals((await containerd.tasks()).get("box")?.status, "STOPPED");
    await eventually(
      "an end of all its processes",
      () => processes.every(({ pid }) => !isAlive(pid)) || undefined,
    );
    await eventually(
      "nothing left under the shim, no zombie either",
      () => childrenOf(shim).length === 0 || undefined,
    );
    assertEquals(isAlive(shim), true);

    const removal = expectSuccess(await containerd.ctr("task", "rm", "box"));
    assertStringIncludes(removal.stderr, "exit with non-zero exit code 137");
    await eventually("an end of the shim", () => !findProcess(shim) || undefined);
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });
}

test("kill -9 of an exec'd process ends that exec only", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  await containerd.execDetached("box", "visitor", "sleep", "1000");
  const { body } = await events.until(({ topic }) => topic === "/tasks/exec-started");
  Deno.kill(body.pid, "SIGKILL");
  assertEquals((await events.untilExit("box", "visitor")).body.exit_status, 137);
  assertEquals(isAlive(body.pid), false);
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  assertEquals((await containerd.ctr("task", "rm", "--exec-id", "visitor", "box")).code, 137);
  await containerd.remove("box");
});

test("kill -9 of the shim ends its container, and containerd says so", async (containerd) => {
  await killShim(containerd);
  // The Go shim leaves its socket, and nothing else.
  for (const { name } of Deno.readDirSync("/run/containerd/s")) {
    await Deno.remove(`/run/containerd/s/${name}`);
  }
});

testBetterThanGo("kill -9 of the shim leaves no socket", killShim);

async function killShim(containerd: PrivateContainerd): Promise<void> {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sh", "-c", "sleep 1000 & sleep 1000");
  const init = await containerd.taskPid("box");
  const shim = await containerd.shimPid("box");
  const processes = descendantsOf(shim);
  assertNotEquals(processes.length, 0);

  Deno.kill(shim, "SIGKILL");
  const exit = await events.untilExit("box");
  assertEquals([exit.body.pid, exit.body.exit_status], [init, 137]);
  await events.until(({ topic }) => topic === "/tasks/delete");
  await eventually(
    "an end of all its processes",
    () => processes.every(({ pid }) => !isAlive(pid)) || undefined,
  );
  assertEquals(await containerd.tasks(), new Map());
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
}
