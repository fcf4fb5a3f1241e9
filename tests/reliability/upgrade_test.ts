/** containerd and runc are upgraded, and downgraded, while containers run. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { testChanges } from "../harness/suite/upgrades.ts";

const start = () => PrivateContainerd.start();

/** What containerd and ctr say of their version: `1.6.20`, … */
async function versionOf(containerd: PrivateContainerd): Promise<string> {
  const { stdout } = expectSuccess(await containerd.ctr("version"));
  const [client, daemon] = [...stdout.matchAll(/Version: +v?([\d.]*\d)/g)].map(([, name]) => name);
  assertEquals(client, daemon);
  return daemon;
}

const trap = ["sh", "-c", "trap 'exit 12' TERM; while :; do sleep 0.01; done"];

testChanges(
  "containers go on, and obey the new containerd",
  start,
  async (containerd, changes, first) => {
    await containerd.runDetached("runs", ...trap);
    await containerd.runDetached("pauses", "sleep", "1000");
    await containerd.execDetached("runs", "visitor", ...trap);
    expectSuccess(await containerd.ctr("task", "pause", "pauses"));
    const before = await containerd.tasks();
    const shim = await containerd.shimPid("runs");
    assertEquals(await versionOf(containerd), first.name);

    for (const version of changes) {
      await containerd.stop();
      await version.put();
      await containerd.boot();
      assertEquals(await versionOf(containerd), version.name);
      assertEquals(await containerd.tasks(), before);
      assertEquals(await containerd.shimPid("runs"), shim);
      const result = await containerd.exec("runs", "sh", "-c", "echo out; echo err >&2; exit 7");
      assertEquals(result, { code: 7, stdout: "out\n", stderr: "err\n" });
      const script = "echo new; exit 5";
      const { code, stdout } = await containerd.run(["--rm"], "new", "sh", "-c", script);
      assertEquals([code, stdout], [5, "new\n"]);
    }

    await using events = await containerd.recordEvents();
    assertEquals([...(await containerd.processes("runs")).values()].includes("visitor"), true);
    const visitor = ["--exec-id", "visitor", "runs"];
    expectSuccess(await containerd.ctr("task", "kill", ...visitor));
    assertEquals((await events.untilExit("runs", "visitor")).body.exit_status, 12);
    assertEquals((await containerd.ctr("task", "rm", ...visitor)).code, 12);
    expectSuccess(await containerd.ctr("task", "kill", "runs"));
    assertEquals((await events.untilExit("runs")).body.exit_status, 12);
    const removal = expectSuccess(await containerd.ctr("task", "rm", "runs"));
    assertStringIncludes(removal.stderr, "exit with non-zero exit code 12");

    expectSuccess(await containerd.ctr("task", "resume", "pauses"));
    expectSuccess(await containerd.ctr("task", "kill", "--signal", "KILL", "pauses"));
    assertEquals((await events.untilExit("pauses")).body.exit_status, 137);
    expectSuccess(await containerd.ctr("task", "rm", "pauses"));
    expectSuccess(await containerd.ctr("containers", "rm", "runs", "pauses"));
    await events.catchUp();
    const deletions = events.tasks.filter(({ topic }) => topic === "/tasks/delete");
    assertEquals(deletions.map(({ body }) => body.container_id), ["runs", "pauses"]);
  },
);

testChanges(
  "what exits meanwhile is told by the new containerd",
  start,
  async (containerd, changes) => {
    for (const version of changes) {
      const boxes = { signalled: 137, ends: 12 };
      const pids = new Map<string, number>();
      for (const id of Object.keys(boxes)) {
        await containerd.runDetached(id, ...trap);
        pids.set(id, await containerd.taskPid(id));
      }
      // Its traps are set when it can be seen to sleep.
      await containerd.exec("ends", "sh", "-c", "until pidof sleep; do :; done");
      const shims = [await containerd.shimPid("signalled"), await containerd.shimPid("ends")];
      await containerd.stop();
      await version.put();
      Deno.kill(pids.get("signalled")!, "SIGKILL");
      Deno.kill(pids.get("ends")!, "SIGTERM");
      const hear = await containerd.bootUnheard();
      await using events = await containerd.recordEvents();
      await hear();
      for (const [id, status] of Object.entries(boxes)) {
        const { body } = await events.untilExit(id);
        assertEquals([body.pid, body.exit_status], [pids.get(id), status]);
        assertEquals((await containerd.tasks()).get(id)?.status, "STOPPED");
        const removal = expectSuccess(await containerd.ctr("task", "rm", id));
        assertStringIncludes(removal.stderr, `exit with non-zero exit code ${status}`);
        expectSuccess(await containerd.ctr("containers", "rm", id));
      }
      await containerd.restart();
      await eventually("an end of the shims", () => !shims.some(isAlive) || undefined);
    }
  },
);

testChanges("of a shim that is killed nothing stays", start, async (containerd, changes) => {
  for (const version of changes) {
    const ids = ["meanwhile", "afterwards"];
    for (const id of ids) await containerd.runDetached(id, "sleep", "1000");
    const [meanwhile, afterwards] = await Promise.all(ids.map((id) => containerd.shimPid(id)));
    const inits = await Promise.all(ids.map((id) => containerd.taskPid(id)));
    await containerd.stop();
    await version.put();
    Deno.kill(meanwhile, "SIGKILL");
    await containerd.boot();
    Deno.kill(afterwards, "SIGKILL");
    await eventually("an end of both", () => !inits.some(isAlive) || undefined);
    const mounts = () => Deno.readTextFileSync("/proc/self/mounts");
    // containerd that ends meanwhile would kill the action `delete`.
    await eventually("no mount", () => !mounts().includes(containerd.folder) || undefined);
    await eventually("no task", async () => (await containerd.tasks()).size === 0 || undefined);
    expectSuccess(await containerd.ctr("containers", "rm", ...ids));
  }
});
