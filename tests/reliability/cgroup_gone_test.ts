/** The cgroup of a container is removed while the container is still known: systemd does so with a scope whose last process ends. */

import { assertEquals } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectSuccess } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { cgroupFoldersOf, cgroupMounts, removeCgroups } from "../harness/machine/cgroups.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** containerd.v1.types.Status */
const STOPPED = 3;
const SIGTERM = 15;

/** The folders of the cgroup of a running process, in every hierarchy. */
function foldersOf(pid: number): string[] {
  const { unified, processes } = cgroupFoldersOf(pid);
  const mounts = cgroupMounts();
  const mount = mounts.find((mount) => `${processes}/`.startsWith(`${mount}/`))!;
  const path = (unified ?? processes)!.slice(mount.length);
  const folders = mounts.map((mount) => mount + path);
  return [...new Set(folders.map(realPath))].filter((folder) => folder !== undefined);
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined; // not in that hierarchy
  }
}

/** Takes processes out of their cgroup, and removes it. */
async function takeOut(pids: number[]): Promise<void> {
  const folders = foldersOf(pids[0]);
  for (const folder of folders) {
    const mount = cgroupMounts().find((mount) => folder.startsWith(`${mount}/`))!;
    for (const pid of pids) Deno.writeTextFileSync(`${mount}/cgroup.procs`, `${pid}`);
  }
  await removeCgroups(folders);
}

testBetterThanGo("a container that has ended is known without its cgroup", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const { pid } = await tasks.call("State", { id });
  const folders = foldersOf(pid);
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  await removeCgroups(folders);

  assertEquals((await tasks.call("Pids", { id })).processes, [{ pid, info: null }]);
  const { status, exitStatus } = await tasks.call("State", { id });
  assertEquals([status, exitStatus], [STOPPED, 137]);
  for (const [signal, all] of [[9, true], [SIGTERM, true], [9, false]] as const) {
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("Kill", { id, signal, all }));
  }
  // containerd passes over a container that is not found, and logs every other error.
  await expectStatus(StatusCode.NOT_FOUND, tasks.call("Stats", { id }));
  assertEquals((await tasks.call("Delete", { id })).exitStatus, 137);
  await shim.shutDown();
});

for (const signal of [9, SIGTERM]) {
  testBetterThanGo(
    `processes that were taken out of their cgroup are still the container's: signal ${signal}`,
    async (containerd) => {
      const args = ["sh", "-c", "trap 'exit 4' TERM; sleep 1000 & while :; do wait; done"];
      const shim = await DirectShim.run(containerd, id, { args });
      const { tasks } = shim;
      await shim.exec("visitor", ["sleep", "1000"]);
      const pids = async () =>
        (await tasks.call("Pids", { id })).processes.map(({ pid }) => pid).toSorted();
      const all = await eventually("init, its child and an exec", async () => {
        const all = await pids();
        return all.length === 3 ? all : undefined;
      });
      await takeOut(all);
      assertEquals(await pids(), all);
      await expectStatus(StatusCode.NOT_FOUND, tasks.call("Stats", { id }));
      await tasks.call("Kill", { id, signal, all: true });
      assertEquals((await tasks.call("Wait", { id })).exitStatus, signal === 9 ? 137 : 4);
      assertEquals(all.filter(isAlive), []);
      await tasks.call("Delete", { id });
      await shim.shutDown();
    },
  );
}

testBetterThanGo(
  "processes that were taken out of their cgroup end with init",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id, { hostPidNamespace: true });
    const { tasks } = shim;
    const { pid } = await tasks.call("State", { id });
    const visitor = await shim.exec("visitor", ["sh", "-c", "sleep 1000 & wait"]);
    const child = await eventually("a child", () => childrenOf(visitor)[0]);
    await takeOut([pid, visitor, child.pid]);
    await tasks.call("Kill", { id, signal: 9 });
    await tasks.call("Wait", { id });
    await eventually("an end of both", () => ![visitor, child.pid].some(isAlive) || undefined);
    await tasks.call("Delete", { id });
    assertEquals(/level=(warning|error)/.exec(await shim.shutDown()), null);
  },
);

test("the exit of a container whose cgroup has gone is told after containerd's restart", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const init = await containerd.taskPid("box");
  const folders = foldersOf(init);
  await containerd.stop("SIGKILL");
  Deno.kill(init, "SIGKILL");
  await eventually("an end of init", () => !isAlive(init) || undefined);
  await removeCgroups(folders);
  await containerd.boot();

  assertEquals((await containerd.tasks()).get("box"), { pid: init, status: "STOPPED" });
  const { stderr } = expectSuccess(await containerd.ctr("task", "rm", "box"));
  assertEquals(/non-zero exit code 137/.test(stderr), true, stderr);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});
