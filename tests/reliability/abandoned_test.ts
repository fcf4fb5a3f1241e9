/** containerd dies while it makes a container, and comes back; or fails once the shim's server is there. */

import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { busyboxImage } from "../harness/machine/busybox.ts";
import { isAlive, processesOfThisRun } from "../harness/machine/processes.ts";
import { Bundle, serverPid, startShim } from "../harness/shim/direct_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** The same id can be used again, and then nothing is there any more. */
async function expectUsable(containerd: PrivateContainerd, id: string): Promise<void> {
  // containerd 2.1 may still be about to remove a bundle of that id, also a new one.
  await containerd.restart();
  expectSuccess(await containerd.ctr("task", "start", "--detach", id));
  assertEquals((await containerd.tasks()).get(id)?.status, "RUNNING");
  await containerd.remove(id);
}

// containerd 1.6 with the Go shim keeps a task that it can't do anything with.
testBetterThanGo("a shim that got no Create ends when containerd is back", async (containerd) => {
  const { runtime: { name } } = containerd;
  expectSuccess(
    await containerd.ctr("containers", "create", "--runtime", name, busyboxImage, "box"),
  );
  await containerd.stop("SIGKILL");
  const bundle = await Bundle.make(
    { ...containerd, folder: dirname(containerd.bundle("box")) },
    "box",
  );
  const shim = serverPid(await startShim(containerd, bundle));
  await containerd.boot();
  await eventually("an end of the shim", () => !isAlive(shim) || undefined);
  assertEquals((await containerd.tasks()).has("box"), false);
  await expectUsable(containerd, "box");
});

testBetterThanGo("a container that was being created goes or works", async (containerd) => {
  const folder = `${containerd.folder}/slow`;
  await Deno.mkdir(folder);
  using runc = await SlowRunc.make(folder, "begin create");
  const runcOfShims = `${containerd.folder}/bin/runc`;
  await Deno.symlink(runc.path, runcOfShims);
  const created = containerd.run(["--detach"], "box", "sleep", "1000");
  await runc.untilHeld("begin create");
  const shim = serverPid((await containerd.findShim("box")).address);
  await Deno.remove(runcOfShims);
  await containerd.stop("SIGKILL");
  await created;

  // From 1.7 on it asks during its boot, and does not wait for ever.
  const booted = containerd.boot();
  const from = containerd.log.length;
  await Promise.race([booted, containerd.untilLogged(/cleaning leaked shim process/, from)]);
  await runc.release();
  await booted;
  await eventually("an end of the Create", async () => {
    const task = (await containerd.tasks()).get("box");
    return isAlive(shim) ? task?.status === "CREATED" || undefined : true;
  });
  if (isAlive(shim)) expectSuccess(await containerd.ctr("task", "rm", "--force", "box"));
  await expectUsable(containerd, "box");
  await Deno.remove(folder, { recursive: true });
});

testBetterThanGo("a disk of bundles that gets full leaves no shim", async (containerd) => {
  const bundles = dirname(containerd.bundle("box"));
  await Deno.mkdir(bundles, { recursive: true });
  await command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", bundles);
  // It gets full when start has answered: containerd then fails by a file of its own in the bundle, 1.6 with the shim connected.
  const runtime = `${containerd.folder}/full-disk`;
  const script = `#!/bin/sh
    ${containerd.runtime.binary} "$@" || exit
    case "$*" in *start) head -c 1000000 /dev/zero > fill 2> /dev/null || exit 0; esac
  `;
  await Deno.writeTextFile(runtime, script, { mode: 0o755 });
  const { code } = await containerd.ctr("run", "--runtime", runtime, busyboxImage, "box", "true");
  assertEquals(code, 1);
  await eventually(
    "an end of the shim",
    () => !processesOfThisRun().some(({ command }) => command.at(-1) === "serve") || undefined,
  );
  await eventually(
    "an end of its socket",
    () => [...Deno.readDirSync("/run/containerd/s")].length === 0 || undefined,
  );
  // containerd may still look at what was in it.
  await command("umount", "--lazy", bundles);
  await Deno.remove(runtime);
  await containerd.ctr("containers", "rm", "box");
  await containerd.ctr("snapshots", "rm", "box");
  expectSuccess(await containerd.run(["--rm"], "box", "true"));
});

async function command(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

testBetterThanGo(
  "a shim ends whose containerd died between Delete and Shutdown",
  async (containerd) => {
    const shim = await abandonDelete(containerd, async (remove) => {
      await containerd.stop("SIGKILL");
      await remove.output();
    });
    await containerd.boot();
    await eventually("an end of the shim", () => !isAlive(shim) || undefined);
    assertEquals((await containerd.tasks()).has("box"), false);
    await expectUsable(containerd, "box");
  },
);

// With Go's it can't, until containerd is restarted.
testBetterThanGo(
  "an id can be used again, after 30 s, whose Delete a client has given up",
  async (containerd) => {
    const shim = await abandonDelete(containerd, async (remove) => {
      const from = containerd.log.length;
      remove.kill("SIGKILL");
      await remove.output();
      await containerd.untilLogged(/context canceled/, from);
    });
    await eventually("an end of the shim", () => !isAlive(shim) || undefined, 45);
    await eventually(
      "no bundle",
      () => Deno.stat(containerd.bundle("box")).then(() => undefined, () => true),
    );
    expectSuccess(await containerd.ctr("containers", "rm", "box"));
    expectSuccess(await containerd.run(["--rm"], "box", "true"));
  },
);

/**
 * Runs a container and has it deleted, in vain.
 * @param abandon Is called when the runtime is about to remove it, which it does when this has ended.
 * @returns The shim.
 */
async function abandonDelete(
  containerd: PrivateContainerd,
  abandon: (remove: Deno.ChildProcess) => Promise<void>,
): Promise<number> {
  const folder = `${containerd.folder}/slow`;
  await Deno.mkdir(folder);
  using runc = await SlowRunc.make(folder, "begin delete");
  const runcOfShims = `${containerd.folder}/bin/runc`;
  await Deno.symlink(runc.path, runcOfShims);
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  expectSuccess(await containerd.ctr("task", "kill", "--signal", "KILL", "box"));
  await eventually(
    "an end of init",
    async () => (await containerd.tasks()).get("box")?.status === "STOPPED" || undefined,
  );
  const remove = containerd.spawnCtr(["task", "rm", "box"], { stdin: "null" });
  await runc.untilHeld("begin delete");
  await abandon(remove);
  await Deno.remove(runcOfShims);
  await runc.release();
  await eventually(
    "an end of the Delete",
    async () => (await runc.log()).includes("end delete") || undefined,
  );
  await Deno.remove(folder, { recursive: true });
  return shim;
}
