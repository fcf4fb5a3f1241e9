import { assertEquals, assertMatch } from "@std/assert";
import { test } from "./black_box.ts";
import { expectSuccess } from "./private_containerd.ts";
import { childrenOf } from "./processes.ts";

for (const flags of [[], ["--with-ns", "pid:/proc/self/ns/pid"]]) {
  const kind = flags.length === 0 ? "a PID namespace of its own" : "the host's PID namespace";
  test(`task ps lists init, its children and execs, with ${kind}`, async (containerd) => {
    await using events = await containerd.recordEvents();
    const script = "sleep 1000 & sleep 1000 & wait";
    expectSuccess(await containerd.run(["--detach", ...flags], "box", "sh", "-c", script));
    await containerd.execDetached("box", "visitor", "sleep", "1000");
    const started = await events.until(({ topic }) => topic === "/tasks/exec-started");

    const init = await containerd.taskPid("box");
    const { stdout } = expectSuccess(await containerd.ctr("task", "ps", "box"));
    const [header, ...rows] = stdout.trim().split("\n").map((line) => line.split(/\s+/));
    assertEquals(header, ["PID", "INFO"]);
    assertEquals(
      new Map(rows.map(([pid, info]) => [Number(pid), info])),
      new Map([
        [init, "-"],
        ...childrenOf(init).map(({ pid }): [number, string] => [pid, "-"]),
        [started.body.pid, "&ProcessDetails{ExecID:visitor,XXX_unrecognized:[],}"],
      ]),
    );
    assertEquals(rows.length, 4);
    await containerd.remove("box");
  });
}

test("task ps of a stopped task lists no process but the init it had", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "true");
  const { pid } = (await events.untilExit("box")).body;
  const { stdout } = expectSuccess(await containerd.ctr("task", "ps", "box"));
  assertMatch(stdout, new RegExp(`^PID +INFO\\s+(${pid} +-\n)?$`));
  await containerd.remove("box");
});
