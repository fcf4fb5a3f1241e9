import { assertEquals } from "@std/assert";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf } from "../harness/machine/processes.ts";
import { test } from "../harness/suite/black_box.ts";

for (const flags of [[], ["--with-ns", "pid:/proc/self/ns/pid"]]) {
  const kind = flags.length === 0 ? "a PID namespace of its own" : "the host's PID namespace";
  test(`task ps lists init, its children and execs, with ${kind}`, async (containerd) => {
    await using events = await containerd.recordEvents();
    const script = "sleep 1000 & sleep 1000 & wait";
    expectSuccess(await containerd.run(["--detach", ...flags], "box", "sh", "-c", script));
    await containerd.execDetached("box", "visitor", "sleep", "1000");
    const started = await events.until(({ topic }) => topic === "/tasks/exec-started");

    const init = await containerd.taskPid("box");
    await eventually("both children", () => childrenOf(init).length === 2 || undefined);
    assertEquals(
      await containerd.processes("box"),
      new Map([
        [init, undefined],
        ...childrenOf(init).map(({ pid }): [number, undefined] => [pid, undefined]),
        [started.body.pid, "visitor"],
      ]),
    );
    await containerd.remove("box");
  });
}

test("task ps of a stopped task lists no process but the init it had", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "true");
  const { pid } = (await events.untilExit("box")).body;
  const processes = await containerd.processes("box");
  processes.delete(pid);
  assertEquals(processes, new Map());
  await containerd.remove("box");
});
