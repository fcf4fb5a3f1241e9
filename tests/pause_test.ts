import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "./black_box.ts";
import { expectSuccess } from "./private_containerd.ts";

test("a paused task is PAUSED and frozen, until it is resumed", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  const status = async () => (await containerd.tasks()).get("box")!.status;
  const freezer = () =>
    Deno.readTextFileSync(`/sys/fs/cgroup/freezer/${containerd.namespace}/box/freezer.state`);

  expectSuccess(await containerd.ctr("task", "pause", "box"));
  assertEquals([await status(), freezer()], ["PAUSED", "FROZEN\n"]);
  const again = await containerd.ctr("task", "pause", "box");
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "cannot pause a paused");
  assertEquals((await containerd.exec("box", "true")).code, 1);

  expectSuccess(await containerd.ctr("task", "resume", "box"));
  assertEquals([await status(), freezer()], ["RUNNING", "THAWED\n"]);
  assertEquals((await containerd.ctr("task", "resume", "box")).code, 1);
  assertEquals((await containerd.exec("box", "true")).code, 0);

  await containerd.remove("box");
  await events.catchUp();
  const topics = events.tasks.map(({ topic }) => topic.replace("/tasks/", ""));
  assertEquals(topics.slice(0, 2), ["create", "start"]);
  assertEquals(topics.filter((topic) => /paused|resumed/.test(topic)), ["paused", "resumed"]);
});

test("kill -9 ends a paused task, and nothing of it stays", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  expectSuccess(await containerd.ctr("task", "pause", "box"));
  expectSuccess(await containerd.ctr("task", "kill", "-s", "KILL", "box"));
  assertEquals((await events.untilExit("box")).body.exit_status, 137);
  assertEquals((await containerd.tasks()).get("box")!.status, "STOPPED");
  await containerd.remove("box");
});
