import { assertEquals } from "@std/assert";
import type { RecordedEvent } from "../harness/containerd/event_recorder.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** How many short lives there are: the Go shim of containerd 2.1 ends now and then before its last event is out. */
const LIVES = Number(Deno.env.get("SHIM_TEST_LIVES") ?? 20);

/** Each event in one word or two: `create`, `exit box`, … */
function inWords(events: RecordedEvent[]): string[] {
  return events.map(({ topic, body }) => {
    const name = topic.replace("/tasks/", "");
    return name === "exit" ? `exit ${body.id}` : name;
  });
}

test("the events of a life, in order", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm"], "box", "sh", "-c", "exit 3")).code, 3);
  await events.catchUp();
  assertEquals(inWords(events.tasks), ["create", "start", "exit box", "delete"]);

  const [create, start, exit, deletion] = events.tasks.map(({ body }) => body);
  assertEquals(create.bundle, containerd.bundle("box"));
  assertEquals(create.rootfs[0].type, "overlay");
  assertEquals(Object.keys(create.io), ["stdin", "stdout", "stderr"]);
  for (const body of [create, start, exit, deletion]) {
    assertEquals([body.container_id, body.pid], ["box", create.pid]);
  }
  assertEquals([exit.exit_status, deletion.exit_status], [3, 3]);
  assertEquals(exit.exited_at, deletion.exited_at);
  assertEquals(Math.abs(Date.now() - exit.exited_at) < 10_000, true, exit.exited_at);
});

test("the events of an exec, in order", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  const exec = ["task", "exec", "--exec-id", "visitor", "box", "sh", "-c", "exit 4"];
  assertEquals((await containerd.ctr(...exec)).code, 4);
  await containerd.remove("box");
  await events.catchUp();
  assertEquals(inWords(events.tasks), [
    ...["create", "start", "exec-added", "exec-started", "exit visitor", "exit box", "delete"],
  ]);
  const [, , added, started, exit] = events.tasks.map(({ body }) => body);
  for (const body of [added, started]) {
    assertEquals([body.container_id, body.exec_id], ["box", "visitor"]);
  }
  assertEquals([exit.pid, exit.exit_status], [started.pid, 4]);
});

test("a container that can't be made has no events", async (containerd) => {
  await using events = await containerd.recordEvents();
  assertEquals((await containerd.run(["--rm"], "box", "nosuch")).code, 1);
  await events.catchUp();
  assertEquals(inWords(events.tasks), []);
});

test("an exec that can't be started is added and never started", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  assertEquals((await containerd.exec("box", "nosuch")).code, 1);
  await containerd.remove("box");
  await events.catchUp();
  assertEquals(inWords(events.tasks), ["create", "start", "exec-added", "exit box", "delete"]);
});

test("init's exit is the last of its container", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  const execs = ["one", "two", "three", "four"];
  await Promise.all(execs.map((id) => containerd.execDetached("box", id, "sleep", "1000")));
  Deno.kill(await containerd.taskPid("box"), "SIGKILL");
  await events.untilExit("box");
  await containerd.remove("box");
  await events.catchUp();
  const exits = inWords(events.tasks).filter((event) => event.startsWith("exit"));
  assertEquals(exits.slice(0, -1).sort(), execs.map((id) => `exit ${id}`).sort());
  assertEquals(exits.at(-1), "exit box");
});

// The Go shim tells of the exit twice.
testBetterThanGo(
  "no event comes twice where containerd stands still for a while",
  async (containerd) => {
    await using events = await containerd.recordEvents();
    await containerd.runDetached("box", "sleep", "1000");
    const init = await containerd.taskPid("box");
    Deno.kill(containerd.pid, "SIGSTOP");
    try {
      Deno.kill(init, "SIGKILL");
      // Longer than the Go shim waits for an answer. What was sent meanwhile lies in containerd's sockets.
      await new Promise((resolve) => setTimeout(resolve, 7000));
    } finally {
      Deno.kill(containerd.pid, "SIGCONT");
    }
    await events.untilExit("box");
    await containerd.remove("box");
    await events.catchUp();
    assertEquals(inWords(events.tasks), ["create", "start", "exit box", "delete"]);
  },
);

test("every one of many short lives has all its events, in order", async (containerd) => {
  await using events = await containerd.recordEvents();
  const ids = Array.from({ length: LIVES }, (_, index) => `box-${index}`);
  const remaining = ids.values();
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (const id of remaining) {
      assertEquals((await containerd.run(["--rm"], id, "true")).code, 0);
    }
  }));
  await events.catchUp();
  for (const id of ids) {
    const own = events.tasks.filter(({ body }) => body.container_id === id);
    assertEquals(inWords(own), ["create", "start", `exit ${id}`, "delete"]);
  }
  assertEquals(events.tasks.length, 4 * LIVES);
});

test("no exit of an exec overtakes its start, with 20 at once", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  const ids = Array.from({ length: 20 }, (_, index) => `exec-${index}`);
  await Promise.all(ids.map(async (id) => {
    const exec = ["task", "exec", "--exec-id", id, "box", "true"];
    assertEquals((await containerd.ctr(...exec)).code, 0);
    // ctr does not wait for the event.
    await events.untilExit("box", id);
  }));
  for (const id of ids) {
    const own = events.tasks.filter(({ body }) => body.exec_id === id || body.id === id);
    assertEquals(inWords(own), ["exec-added", "exec-started", `exit ${id}`]);
  }
  await containerd.remove("box");
});
