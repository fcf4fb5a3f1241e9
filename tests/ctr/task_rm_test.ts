import { assertEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

test("task rm of a running task is refused", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { code, stderr } = await containerd.ctr("task", "rm", "box");
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    "task must be stopped before deletion: running: failed precondition",
  );
  assertEquals((await containerd.tasks()).get("box")?.status, "RUNNING");
  await containerd.remove("box");
});

test("task rm tells of the exit status, once", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sh", "-c", "exit 3");
  await events.untilExit("box");
  const { code, stdout, stderr } = await containerd.ctr("task", "rm", "box");
  assertEquals({ code, stdout }, { code: 0, stdout: "" });
  assertStringIncludes(stderr, "task box exit with non-zero exit code 3");

  const again = await containerd.ctr("task", "rm", "box");
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "not found");
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("task rm --force kills first", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { code, stderr } = await containerd.ctr("task", "rm", "--force", "box");
  assertEquals(code, 0);
  assertStringIncludes(stderr, "task box exit with non-zero exit code 137");
  assertEquals(await containerd.tasks(), new Map());
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("containers rm of a container with a running task is refused", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const { code, stderr } = await containerd.ctr("containers", "rm", "box");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "cannot delete a non stopped container");
  await containerd.remove("box");
});
