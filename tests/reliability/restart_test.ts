/** containerd goes away and comes back while a container runs. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import { test } from "../harness/suite/black_box.ts";

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`a container survives a restart of containerd by ${signal}`, async (containerd) => {
    const script = "trap 'exit 12' TERM; while :; do sleep 0.01; done";
    await containerd.runDetached("box", "sh", "-c", script);
    const init = await containerd.taskPid("box");
    const shim = await containerd.shimPid("box");
    assertEquals(findProcess(shim)?.parent, 1);

    await containerd.restart(signal);
    await containerd.restart(signal);

    assertEquals((await containerd.tasks()).get("box"), { pid: init, status: "RUNNING" });
    assertEquals(await containerd.shimPid("box"), shim);
    assertEquals(await containerd.exec("box", "sh", "-c", "echo here; exit 5"), {
      code: 5,
      stdout: "here\n",
      stderr: "",
    });

    await using events = await containerd.recordEvents();
    expectSuccess(await containerd.ctr("task", "kill", "box"));
    assertEquals((await events.untilExit("box")).body.exit_status, 12);
    const removal = expectSuccess(await containerd.ctr("task", "rm", "box"));
    assertStringIncludes(removal.stderr, "exit with non-zero exit code 12");
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });

  test(`an exit while containerd is away after ${signal} is told later`, async (containerd) => {
    await containerd.runDetached("box", "sleep", "1000");
    const init = await containerd.taskPid("box");
    await containerd.stop(signal);
    Deno.kill(init, "SIGKILL");
    await containerd.boot();

    await eventually(
      "the end",
      async () => (await containerd.tasks()).get("box")?.status === "STOPPED" || undefined,
    );
    const removal = expectSuccess(await containerd.ctr("task", "rm", "box"));
    assertStringIncludes(removal.stderr, "exit with non-zero exit code 137");
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
  });
}

test("the event of an exit while containerd is away arrives later", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const init = await containerd.taskPid("box");
  await containerd.stop();
  Deno.kill(init, "SIGKILL");
  const hear = await containerd.bootUnheard();
  await using events = await containerd.recordEvents();
  await hear();
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  await containerd.remove("box");
  await containerd.restart();
});

test("a container that runs on without containerd is not disturbed", async (containerd) => {
  // It writes more to its output, which nobody reads, than pipes hold, and must go on when someone does.
  await containerd.runDetached("box", "sh", "-c", "seq 1000000 2048575; exit 8");
  const shim = await containerd.shimPid("box");
  await containerd.stop("SIGKILL");
  assertEquals(isAlive(shim), true);
  await containerd.boot();
  assertEquals((await containerd.ctr("task", "attach", "box")).code, 8);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});
