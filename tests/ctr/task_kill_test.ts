import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

test("task kill sends SIGTERM unless told otherwise", async (containerd) => {
  await using events = await containerd.recordEvents();
  const script =
    "trap 'exit 21' TERM; trap 'exit 22' USR1; echo ready; while :; do sleep 0.01; done";
  for (const [flags, status] of [[[], 21], [["--signal", "SIGUSR1"], 22]] as const) {
    const ctr = containerd.spawnCtr(
      containerd.runArguments(["--rm"], `box${status}`, "sh", "-c", script),
    );
    const output = ctr.stdout.getReader();
    await output.read(); // its traps are set
    expectSuccess(await containerd.ctr("task", "kill", ...flags, `box${status}`));
    assertEquals((await ctr.status).code, status);
    assertEquals((await events.untilExit(`box${status}`)).body.exit_status, status);
    await Promise.all([output.cancel(), ctr.stderr.cancel(), ctr.stdin.close()]);
  }
});

test("task kill --signal KILL stops the task with 137", async (containerd) => {
  const ctr = containerd.spawnCtr(
    containerd.runArguments([], "box", "sh", "-c", "echo ready; sleep 1000"),
  );
  const output = ctr.stdout.getReader();
  await output.read();
  expectSuccess(await containerd.ctr("task", "kill", "--signal", "KILL", "box"));
  assertEquals((await ctr.status).code, 137);
  await Promise.all([output.cancel(), ctr.stderr.cancel(), ctr.stdin.close()]);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("task kill --exec-id reaches that process only", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  for (const id of ["one", "two"]) {
    await containerd.execDetached("box", id, "sleep", "1000");
  }
  expectSuccess(await containerd.ctr("task", "kill", "--exec-id", "one", "box"));
  assertEquals((await events.untilExit("box", "one")).body.exit_status, 128 + 15);
  const processes = await containerd.processes("box");
  assertEquals(new Set(processes.values()), new Set([undefined, "two"]));
  await containerd.remove("box");
});

test("task kill --all reaches every process of the container", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  await containerd.execDetached("box", "one", "sleep", "1000");
  expectSuccess(await containerd.ctr("task", "kill", "--all", "--signal", "KILL", "box"));
  assertEquals((await events.untilExit("box", "one")).body.exit_status, 137);
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  await containerd.remove("box");
});

test("task kill of a stopped task says that it has finished", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "true");
  await events.untilExit("box");
  const { code, stderr } = await containerd.ctr("task", "kill", "box");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "process already finished");
  await containerd.remove("box");
});

test("task kill of an exec that does not exist", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { code, stderr } = await containerd.ctr("task", "kill", "--exec-id", "nosuch", "box");
  assertEquals(code, 1);
  assertMatch(stderr, /no process with the exec id nosuch|process does not exist nosuch/);
  await containerd.remove("box");
});
