import { assertEquals } from "@std/assert";
import { test } from "../harness/suite/black_box.ts";

const LIMIT = ["--memory-limit", `${16 * 1024 * 1024}`];
/** `tail` keeps the last line, and zeros have no end of one. */
const EAT_MEMORY = ["tail", "/dev/zero"];

test("an OOM of init is told, once and before its exit", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm", ...LIMIT], "box", ...EAT_MEMORY)).code, 137);
  await events.catchUp();
  const topics = events.tasks.map(({ topic }) => topic.replace("/tasks/", ""));
  assertEquals(topics, ["create", "start", "oom", "exit", "delete"]);
  assertEquals(events.tasks[2].body.container_id, "box");
});

test("a container without an OOM has no such event", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm", ...LIMIT], "box", "true")).code, 0);
  await events.catchUp();
  assertEquals(events.tasks.some(({ topic }) => topic === "/tasks/oom"), false);
});
