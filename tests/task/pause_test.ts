import { assertEquals, assertStringIncludes } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { isFrozen } from "../harness/machine/cgroups.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

test("a paused task is PAUSED and frozen, until it is resumed", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  const status = async () => (await containerd.tasks()).get("box")!.status;
  const pid = await containerd.taskPid("box");

  expectSuccess(await containerd.ctr("task", "pause", "box"));
  assertEquals([await status(), isFrozen(pid)], ["PAUSED", true]);
  const again = await containerd.ctr("task", "pause", "box");
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "cannot pause a paused");
  assertEquals((await containerd.exec("box", "true")).code, 1);

  expectSuccess(await containerd.ctr("task", "resume", "box"));
  assertEquals([await status(), isFrozen(pid)], ["RUNNING", false]);
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

testBetterThanGo(
  "what does not run can't be paused, and what is not paused can't be resumed",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const { tasks } = shim;
    const refuse = async (name: "Pause" | "Resume", message: string) => {
      const answer = tasks.call(name, { id: "box" });
      assertEquals(await expectStatus(StatusCode.FAILED_PRECONDITION, answer), message);
    };
    await shim.create(containerd);
    await refuse("Pause", "cannot pause a created process");
    await refuse("Resume", "cannot resume a created process");
    await tasks.call("Start", { id: "box" });
    await refuse("Resume", "cannot resume a running process");
    await tasks.call("Pause", { id: "box" });
    await refuse("Pause", "cannot pause a paused process");
    await tasks.call("Kill", { id: "box", signal: 9 });
    await tasks.call("Wait", { id: "box" });
    await refuse("Pause", "cannot pause a stopped process");
    await refuse("Resume", "cannot resume a stopped process");
    await tasks.call("Delete", { id: "box" });
    await shim.shutDown();
  },
);

testBetterThanGo(
  "a container that an operator has let go on can be resumed",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    const { tasks } = shim;
    await tasks.call("Pause", { id: "box" });
    const args = ["--root", `/run/containerd/runc/${containerd.namespace}`, "resume", "box"];
    assertEquals((await new Deno.Command("runc", { args }).output()).code, 0);
    await tasks.call("Resume", { id: "box" });
    await shim.exec("visitor", ["true"]);
    await shim.end();
  },
);

testBetterThanGo(
  "a container that an operator has frozen is not thawed by a Pause that fails",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    const { pid } = await shim.tasks.call("State", { id: "box" });
    const root = `/run/containerd/runc/${containerd.namespace}`;
    const runc = async (command: string) => {
      const args = ["--root", root, command, "box"];
      assertEquals((await new Deno.Command("runc", { args }).output()).code, 0);
    };
    await runc("pause");
    await expectStatus(StatusCode.UNKNOWN, shim.tasks.call("Pause", { id: "box" }));
    assertEquals(isFrozen(pid), true);
    await runc("resume");
    await shim.end();
  },
);

testBetterThanGo("the end of a paused container is nothing to warn of", async (containerd) => {
  const shim = await DirectShim.run(containerd, "box");
  await shim.tasks.call("Pause", { id: "box" });
  assertEquals((await shim.end()).match(/level=(warning|error)/g), null);
});
