import { assertEquals } from "@std/assert";
import { test } from "../harness/suite/black_box.ts";

const LIMIT = ["--memory-limit", `${16 * 1024 * 1024}`];
/** `tail` keeps the last line, and zeros have no end of one. */
const EAT_MEMORY = ["tail", "/dev/zero"];

test("an OOM of init is told before its exit", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm", ...LIMIT], "box", ...EAT_MEMORY)).code, 137);
  await events.catchUp();
  // On a busy machine the kernel may signal more than once for one kill.
  const told = events.tasks.filter(({ topic }, index) =>
    topic !== "/tasks/oom" || events.tasks[index - 1].topic !== topic
  );
  const topics = told.map(({ topic }) => topic.replace("/tasks/", ""));
  assertEquals(topics, ["create", "start", "oom", "exit", "delete"]);
  assertEquals(told[2].body.container_id, "box");
});

test("a container without an OOM has no such event", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm", ...LIMIT], "box", "true")).code, 0);
  await events.catchUp();
  assertEquals(events.tasks.some(({ topic }) => topic === "/tasks/oom"), false);
});
