/** `tree`: the processes of shims and containers, and what each waits for. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { type Json, jsonOf, runCommand } from "../harness/shim/commands.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";

test("init, an exec and a grandchild, of both shims", async (containerd) => {
  const { address, namespace } = containerd;
  await containerd.runDetached("ours", "sh", "-c", "sleep 1000 & wait");
  await runWithGo(containerd, "theirs", "sh", "-c", "sleep 1000 & wait");
  await containerd.execDetached("ours", "visitor", "sleep", "1001");
  const sleeps = (process: Json, seconds: string) =>
    process?.command.join(" ") === `sleep ${seconds}` && /nanosleep/.test(process.waitsFor);
  const root = await eventually("the processes, each where it waits", async () => {
    const root = await jsonOf("tree", "--address", address);
    const ofRole = (role: string) =>
      root.children.flatMap(({ children }: Json) =>
        children.filter((each: Json) => each.role === role)
      );
    const wait = ofRole("init").every(({ children, waitsFor }: Json) =>
      /^(wait4|rt_sigsuspend)/.test(waitsFor) && sleeps(children[0], "1000")
    );
    return wait && sleeps(ofRole("exec")[0], "1001") ? root : undefined;
  });
  assertEquals([root.pid, root.role], [1, "root"]);
  for (const [index, id] of ["ours", "theirs"].entries()) {
    const shim = root.children[index];
    assertEquals(
      [shim.role, shim.pid, shim.namespace, shim.container, shim.runtime],
      ["shim", await containerd.shimPid(id), namespace, id, id === "ours" ? "ts-v2" : "runc-v2"],
    );
    const init = shim.children.find(({ role }: Json) => role === "init");
    assertEquals([init.pid, init.container], [await containerd.taskPid(id), id]);
    assertEquals(init.cgroup, `/${namespace}/${id}`);
    assertMatch(init.waitsFor, /^(wait4|rt_sigsuspend)/);
    const inode = Deno.readLinkSync(`/proc/${init.pid}/ns/pid`).match(/\d+/)![0];
    assertEquals(init.namespaces.pid, Number(inode));
    const [sleep] = init.children;
    assertEquals([sleep.role, sleep.command], ["process", ["sleep", "1000"]]);
    assertMatch(sleep.waitsFor, /nanosleep/);
  }
  const visitor = root.children[0].children.find(({ role }: Json) => role === "exec");
  assertEquals([visitor.execId, visitor.command], ["visitor", ["sleep", "1001"]]);

  const { stdout } = await runCommand("tree", "our", "--address", address);
  assertMatch(stdout, /^1 .*\n└─ \d+ shim ts-v2 of .*\/ours/);
  assertMatch(stdout, /├─ \d+ init of .*\/ours: sh -c sleep 1000 & wait - /);
  assertMatch(stdout, /cgroup \/shim-.*\/ours\n/);
  assertMatch(stdout, /namespaces .*mnt \d+, .*pid \d+/);
  assertMatch(stdout, /└─ \d+ exec visitor of .*\/ours: sleep 1001 - clock_nanosleep|nanosleep/);
  assert(!stdout.includes("theirs"));
  await containerd.remove("ours", "theirs");
});

test("what reads an empty pipe, and what is frozen", async (containerd) => {
  const { address } = containerd;
  await containerd.runDetached("box", "sh", "-c", "mkfifo /f; exec 3<>/f; exec cat <&3");
  const init = async () => {
    const { children: [shim] } = await jsonOf("tree", "box", "--address", address);
    return shim.children[0];
  };
  await eventually(
    "a read",
    async () => /^read of 0 \(.*\/f\)$/.test((await init()).waitsFor) || undefined,
  );
  await containerd.ctr("task", "pause", "box");
  assertEquals((await init()).waitsFor, "is frozen");
  await containerd.ctr("task", "resume", "box");
  await containerd.remove("box");
});
