/**
 * containerd and runc are upgraded while containers run: the new ones take the place of the old ones, with the same root and state.
 *
 * `CONTAINERD_FOLDERS` names the root folders of their versions, the oldest first, with colons between them; `deno task test:matrix`
 * sets it.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { within } from "../harness/expect/within.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "../harness/suite/leaks.ts";

/** A containerd that is older than others, and for each of those a function that puts it in place, to be called while none runs. */
type Body = (containerd: PrivateContainerd, upgrades: (() => Promise<void>)[]) => Promise<void>;

const folders = Deno.env.get("CONTAINERD_FOLDERS")?.split(":") ?? [];

function testUpgrade(name: string, body: Body): void {
  if (folders.length < 2) {
    Deno.test.ignore(`upgrade: ${name} (needs several containerds: test:matrix)`, () => {});
    return;
  }
  Deno.test({
    name: `upgrade: ${name}`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const before = takeTraces();
      const place = await Deno.makeTempDir({ prefix: "upgrade-" });
      const path = Deno.env.get("PATH");
      Deno.env.set("PATH", `${place}/now/usr/sbin:${place}/now/usr/bin:${path}`);
      let containerd: PrivateContainerd | undefined;
      try {
        const [first, ...others] = folders.map((folder) => () => putInPlace(folder, place));
        await first();
        containerd = await PrivateContainerd.start();
        await within(120, "an end of the test", body(containerd, others));
        await containerd[Symbol.asyncDispose]();
        await Deno.remove(place, { recursive: true });
        await expectNoLeaks(before);
      } catch (error) {
        console.error(`containerd's log:\n${containerd?.log}`);
        await removeTraces(before).catch(console.error);
        throw error;
      } finally {
        Deno.env.set("PATH", path!);
      }
    },
  });
}

/** The programs of the version now, for containerd, ctr and shims that run already, have always the same paths. */
async function putInPlace(folder: string, place: string): Promise<void> {
  await Deno.symlink(folder, `${place}/next`);
  await Deno.rename(`${place}/next`, `${place}/now`);
}

/** What containerd and ctr say of their version: `1.6.20~ds1`, … */
async function versions(containerd: PrivateContainerd): Promise<string[]> {
  const { stdout } = expectSuccess(await containerd.ctr("version"));
  return [...stdout.matchAll(/Version: +(\S+)/g)].map(([, version]) => version);
}

const trap = ["sh", "-c", "trap 'exit 12' TERM; while :; do sleep 0.01; done"];

testUpgrade("containers go on, and obey the new containerd", async (containerd, upgrades) => {
  await containerd.runDetached("runs", ...trap);
  await containerd.runDetached("pauses", "sleep", "1000");
  await containerd.execDetached("runs", "visitor", ...trap);
  expectSuccess(await containerd.ctr("task", "pause", "pauses"));
  const before = await containerd.tasks();
  const shim = await containerd.shimPid("runs");
  const seen = [await versions(containerd)];

  for (const upgrade of upgrades) {
    await containerd.stop();
    await upgrade();
    await containerd.boot();
    seen.push(await versions(containerd));
    assertEquals(await containerd.tasks(), before);
    assertEquals(await containerd.shimPid("runs"), shim);
    const result = await containerd.exec("runs", "sh", "-c", "echo out; echo err >&2; exit 7");
    assertEquals(result, { code: 7, stdout: "out\n", stderr: "err\n" });
    const script = "echo new; exit 5";
    const { code, stdout } = await containerd.run(["--rm"], "new", "sh", "-c", script);
    assertEquals([code, stdout], [5, "new\n"]);
  }
  for (const [daemon, client] of seen) assertEquals(daemon, client);
  assertEquals(new Set(seen.flat()).size, folders.length, `${seen}`);

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
});

testUpgrade("what exits meanwhile is told by the new containerd", async (containerd, upgrades) => {
  for (const upgrade of upgrades) {
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
    await upgrade();
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
});
