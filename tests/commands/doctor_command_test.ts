/** `doctor`: what is wrong, and what `--fix` mends and leaves alone. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { askServers } from "../../commands/ask/servers.ts";
import { examineShims } from "../../commands/doctor/shims.ts";
import { survey } from "../../commands/find/survey.ts";
import { firstDoor, spareDoor } from "../../shim/bootstrap/first_door.ts";
import { close, listenUnix } from "../../shim/libc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupMounts } from "../harness/machine/cgroups.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import { age, exists } from "../harness/machine/files.ts";
import { sh } from "../harness/machine/shell.ts";
import { findings, type Json, jsonOf, runCommand } from "../harness/shim/commands.ts";
import { Bundle } from "../harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../harness/shim/task_client.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";
import { frozenFileSystem, hasLoop } from "../streams/still_file_system.ts";

/** What containers leave whose shims and clients were killed, all of it older than what is being made. */
interface Leftovers {
  readonly paths: readonly string[];
  remove(): Promise<void>;
}

async function leaveBehind(containerd: PrivateContainerd): Promise<Leftovers> {
  const { namespace } = containerd;
  const bundles = dirname(containerd.bundle("any"));
  const bundle = `${bundles}/gone-1`;
  const mount = `${bundles}/.gone-2/rootfs`;
  const socket = `/run/containerd/s/${"ab".repeat(32)}`;
  const cgroup = `${cgroupMounts()[0]}/${namespace}/gone-3`;
  const fifos = "/run/containerd/fifo/4711";
  const state = `/run/containerd/runc/${namespace}/gone-4`;
  await sh(`mkdir -p ${bundle}/rootfs ${mount} ${fifos} ${cgroup}`);
  await sh(`mount -t tmpfs gone ${mount} && mount -t tmpfs gone ${bundle}/rootfs`);
  await sh(`mkfifo ${fifos}/gone-5-stdout`);
  close(listenUnix(socket));
  const byHand = await Bundle.make(containerd, "gone-4");
  await sh(`cp -r ${containerd.rootfs}/. ${byHand.path}/rootfs`);
  const runc = `runc --root ${dirname(state)}`;
  await sh(
    `cd ${byHand.path} && ${runc} run -d gone-4 </dev/null >/dev/null 2>&1 && ${runc} kill gone-4 KILL`,
  );
  await eventually(
    "an end",
    async () => (await sh(`${runc} state gone-4`)).includes('"stopped"') || undefined,
  );
  await byHand.remove();
  const paths = [bundle, mount, socket, cgroup, fifos, state];
  age(...paths.filter((path) => path !== mount));
  return {
    paths,
    remove: async () => {
      await sh(`umount ${mount} ${bundle}/rootfs 2>/dev/null || true`);
      await sh(`rm -rf --one-file-system ${bundle} ${dirname(mount)} ${socket} ${fifos}`);
      await sh(`rmdir ${cgroup} /run/containerd/fifo 2>/dev/null || true`);
      await sh(`${runc} delete --force gone-4 2>/dev/null || true`);
    },
  };
}

const KINDS = [
  "leftover-bundle",
  "leftover-cgroup",
  "leftover-fifos",
  "leftover-mount",
  "leftover-runtime-state",
  "unanswered-socket",
];
const WORDS = ["gone-", "abababab", "fifo/4711"];

test("what is left of containers that are gone; --fix removes it, and leaves what lives", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  await runWithGo(containerd, "theirs", "sleep", "1000");
  const alive = await jsonOf("ps", "--address", containerd.address);
  const before = (shims: Json) =>
    shims.map(({ pid, containers }: Json) => [pid, containers[0].pid]);
  const left = await leaveBehind(containerd);
  try {
    const found = await findings(WORDS);
    assertEquals(found.map(({ kind }) => kind).toSorted(), KINDS);
    for (const { certainty, isFixable, isFixed, mend, meaning, what } of found) {
      assertEquals([certainty, isFixable, isFixed], ["certain", true, null], what);
      assert(mend.length > 0 && meaning.length > 0);
    }
    const table = await runCommand("doctor");
    assertEquals(table.code, 1);
    for (const { kind, what, mend } of found) {
      assertStringIncludes(table.stdout, `certain: ${what} [${kind}]`);
      assertStringIncludes(table.stdout, `  $ ${mend}\n`);
    }
    for (const path of left.paths) assert(exists(path), `${path}: doctor alone changes nothing`);

    const mended = await runCommand("doctor", "--fix");
    for (const { what } of found) {
      assertStringIncludes(mended.stdout, what);
    }
    assert(mended.stdout.split("  done\n").length > KINDS.length, mended.stdout);
    const mount = left.paths[1];
    for (const path of left.paths.filter((path) => path !== mount)) {
      assert(!exists(path), `${path} is still there`);
    }
    assert(!Deno.readTextFileSync("/proc/self/mounts").includes(`${mount} `));
    assertEquals(await findings(WORDS), []);
    const { shims } = await jsonOf("ps", "--address", containerd.address);
    assertEquals(before(shims), before(alive.shims));
    assertEquals((await containerd.exec("ours", "echo", "here")).stdout, "here\n");
    assertEquals((await containerd.exec("theirs", "echo", "here")).stdout, "here\n");
  } finally {
    await left.remove();
  }
  await containerd.remove("ours", "theirs");
});

test("a first door that a killed server has left is removed, and one that answers is not", async () => {
  const doors = [firstDoor("killed", "/c"), spareDoor("killed", "/c", 2), firstDoor("lives", "/c")];
  const listeners = doors.map((path) => listenUnix(path));
  try {
    for (const path of doors) age(path);
    for (const listener of listeners.slice(0, 2)) close(listener);
    const found = await findings(doors, "--fix");
    assertEquals(found.map(({ kind, isFixed }) => [kind, isFixed]), [
      ["unanswered-socket", true],
      ["unanswered-socket", true],
    ]);
    assertEquals(doors.map(exists), [false, false, true]);
  } finally {
    close(listeners[2]);
    await Deno.remove(doors[2]);
  }
});

test("FIFOs of an exec that was not started yet are left alone", async (containerd) => {
  const folder = "/run/containerd/fifo/4712";
  await containerd.runDetached("ours", "sleep", "1000");
  await runWithGo(containerd, "theirs", "sleep", "1000");
  for (const id of ["ours", "theirs"]) {
    await sh(`mkdir -p ${folder} && mkfifo ${folder}/late-stdout`);
    age(folder);
    assertEquals((await findings([folder])).map(({ kind }) => kind), ["leftover-fifos"]);
    const { address, version } = await containerd.findShim(id);
    const tasks = await TaskClient.connect(address, `containerd.task.v${version}.Task`);
    const exec = { id, execId: "late" };
    const stdout = `${folder}/late-stdout`;
    await tasks.call("Exec", { ...exec, stdout, stderr: stdout, spec: processSpec(["true"]) });
    assertEquals(await findings([folder], "--fix"), []);
    assert(exists(stdout));
    await tasks.call("Delete", exec);
    tasks.client.close();
    await findings([folder], "--fix");
    assert(!exists(folder));
  }
  await containerd.remove("ours", "theirs");
});

test("a container that runs, and that nobody knows, is not ended", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  const bundle = `${dirname(containerd.bundle("any"))}/by-hand`;
  const made = await Bundle.make(containerd, "by-hand");
  await sh(`cp -r ${containerd.rootfs}/. ${made.path}/rootfs && cp -r ${made.path} ${bundle}`);
  const runc = `runc --root /run/containerd/runc/${containerd.namespace}`;
  const run = `${runc} run -d --pid-file init.pid by-hand </dev/null >/dev/null 2>&1`;
  await sh(`cd ${bundle} && ${run}`);
  age(bundle);
  const pid = (await Deno.readTextFile(`${bundle}/init.pid`)).trim();
  const found = await findings(["by-hand"], "--fix");
  const bundles = found.filter(({ kind }) => kind === "leftover-bundle");
  assertEquals(bundles.map(({ isFixable, isFixed }) => [isFixable, isFixed]), [[false, false]]);
  assertStringIncludes(bundles[0].what, `runs as process ${pid}`);
  assert(isAlive(Number(pid)));
  await sh(bundles[0].mend);
  assert(!isAlive(Number(pid)) && !exists(bundle));
  await made.remove();
  await containerd.remove("ours");
});

test("while a containerd does not answer nothing is mended that it may know", async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  const left = await leaveBehind(containerd);
  try {
    // It takes connections, and answers none.
    Deno.kill(containerd.pid, "SIGSTOP");
    try {
      const found = await findings(WORDS, "--fix");
      for (const { kind, certainty, isFixed } of found) {
        const isHarmless = kind === "unanswered-socket";
        assertEquals([kind, isFixed], [kind, isHarmless]);
        if (kind !== "container-without-shim" && !isHarmless) assertEquals(certainty, "likely");
      }
      const [, , socket, ...others] = left.paths;
      assert(!exists(socket));
      for (const path of others) assert(exists(path), path);
    } finally {
      Deno.kill(containerd.pid, "SIGCONT");
    }
  } finally {
    await left.remove();
  }
  await containerd.remove("ours");
});

test("a shim that is stopped: the command mends it", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  Deno.kill(shim, "SIGSTOP");
  const [found, ...rest] = await findings([`${containerd.namespace}/`], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed, rest], [
    "silent-shim",
    "certain",
    false,
    [],
  ]);
  assertEquals(found.mend, `kill -CONT ${shim}`);
  await sh(found.mend);
  assertEquals(await findings([`${containerd.namespace}/`]), []);
  await containerd.remove("box");
});

test("containers whose shim was killed while containerd was dead", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  await containerd.stop("SIGKILL");
  // A shim that lives names the state folder of the dead containerd.
  await containerd.boot();
  await containerd.runDetached("witness", "sleep", "1000");
  await containerd.stop("SIGKILL");
  Deno.kill(shim, "SIGKILL");
  await eventually("an end", () => !isAlive(shim) || undefined);
  age(containerd.bundle("box"));
  const [found] = await findings([`${containerd.namespace}/box`], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed], [
    "container-without-shim",
    "certain",
    false,
  ]);
  assertStringIncludes(found.what, "its containerd does not answer");
  assert(exists(containerd.bundle("box")));
  await containerd.boot();
  await eventually(
    "containerd to clean up",
    async () => (await containerd.tasks()).size === 1 || undefined,
  );
  await containerd.ctr("containers", "rm", "box");
  await containerd.remove("witness");
});

test("a container whose shim was killed, and that containerd could not clean up after", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const [shim, init] = [await containerd.shimPid("box"), await containerd.taskPid("box")];
  const program = `${containerd.folder}/bin/containerd-shim-ts-v2`;
  const logged = containerd.log.length;
  await Deno.rename(program, `${program}.away`);
  Deno.kill(shim, "SIGKILL");
  await containerd.untilLogged(/failed to clean up after shim disconnected/, logged);
  await Deno.rename(`${program}.away`, program);
  age(containerd.bundle("box"));
  const [found] = await findings([`${containerd.namespace}/box`], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed], [
    "container-without-shim",
    "certain",
    false,
  ]);
  assertStringIncludes(found.what, ` has no shim, and that runs as process ${init}`);
  assert(isAlive(init));
  await sh(found.mend);
  assert(!isAlive(init) && !exists(containerd.bundle("box")));
  assertEquals(await findings([`${containerd.namespace}/box`]), []);
  const restarted = await containerd.ctr("task", "start", "--detach", "box");
  assertEquals([restarted.code, restarted.stderr], [0, ""]);
  await containerd.remove("box");
});

test("a shim that was not told to end when its container went", async (containerd) => {
  await runWithGo(containerd, "box", "sleep", "1000");
  const shim = await containerd.shimPid("box");
  const { address, version } = await containerd.findShim("box");
  const tasks = await TaskClient.connect(address, `containerd.task.v${version}.Task`);
  await tasks.call("Kill", { id: "box", signal: 9 });
  await tasks.call("Wait", { id: "box" });
  await tasks.call("Delete", { id: "box" });
  tasks.client.close();
  // It may be about to get another one, or to end.
  assertEquals(await findings([`${containerd.namespace}/box`]), []);
  const [server] = await askServers(survey({ address: containerd.address }).servers);
  const process = server.shim!.process;
  const aMinuteOlder = { ...process, startTicks: process.startTicks - 6_000 };
  const [found, ...rest] = examineShims({
    servers: [{ ...server, shim: { ...server.shim!, process: aMinuteOlder } }],
  });
  assertEquals([found.kind, found.certainty, rest], ["shim-without-containers", "likely", []]);
  assertMatch(
    found.what,
    new RegExp(`^the shim ${shim} of .*/box has no container, and is up for`),
  );
  await sh(found.mend!);
  await eventually("an end of the shim", () => !isAlive(shim) || undefined);
  await eventually(
    "containerd to clean up",
    async () => (await containerd.tasks()).size === 0 || undefined,
  );
  await containerd.ctr("containers", "rm", "box");
});

test("a shim that does not reap", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const [shim, init] = [await containerd.shimPid("box"), await containerd.taskPid("box")];
  Deno.kill(shim, "SIGSTOP");
  await eventually("a stopped shim", () => findProcess(shim)?.state === "T" || undefined);
  Deno.kill(init, "SIGKILL");
  await eventually("a zombie", () => findProcess(init)?.state === "Z" || undefined);
  const found = await findings([`${containerd.namespace}/box`]);
  assertEquals(found.map(({ kind, certainty }) => [kind, certainty]), [
    ["silent-shim", "certain"],
    ["zombies", "likely"],
  ]);
  assertMatch(found[1].what, new RegExp(`^the shim ${shim} of .*/box has not reaped ${init}$`));
  await sh(found[0].mend);
  await eventually("a reaped one", () => findProcess(init) === undefined || undefined);
  assertEquals(await findings([`${containerd.namespace}/box`]), []);
  await containerd.remove("box");
});

test("zombies that a container's program does not reap", async (containerd) => {
  await containerd.runDetached("box", "sh", "-c", "sleep 0.1 & sleep 0.1 & exec sleep 1000");
  // Each of the two ends when it likes: a look may find one of them alone.
  const unreaped = /^process \d+ \(sleep 1000\) of .* has not reaped \d+, \d+$/;
  const found = await eventually("two zombies", async () => {
    const found = await findings([`${containerd.namespace}/box`]);
    return found.some(({ what }) => unreaped.test(what)) ? found : undefined;
  });
  assertEquals(found.map(({ kind, certainty }) => [kind, certainty]), [["zombies", "perhaps"]]);
  await containerd.remove("box");
});

test("a shim of an older version after an upgrade", async (containerd) => {
  const link = `${containerd.folder}/bin/containerd-shim-ts-v2`;
  const target = await Deno.realPath(link);
  const copy = `${containerd.folder}/copy/containerd-shim-ts-v2`;
  await Deno.mkdir(dirname(copy));
  await Deno.copyFile(target, copy);
  await sh(`ln -sf ${copy} ${link}`);
  await containerd.runDetached("box", "sleep", "1000");
  assertEquals(await findings([`${containerd.namespace}/box`]), []);
  await sh(`cp ${copy} ${copy}.new && mv ${copy}.new ${copy}`);
  const [found] = await findings([`${containerd.namespace}/box`], "--fix");
  assertEquals([found.kind, found.certainty, found.isFixed], ["older-version", "certain", false]);
  assertStringIncludes(found.what, `runs an executable that was replaced: ${copy}`);
  assertEquals((await containerd.exec("box", "echo", "here")).stdout, "here\n");
  await containerd.remove("box");
  await sh(`ln -sf ${target} ${link} && rm -r ${dirname(copy)}`);
});

test(
  `a process that waits for a disk${hasLoop ? "" : " (needs loop devices and ext4)"}`,
  async (containerd) => {
    const folder = `${containerd.folder}/still`;
    await Deno.mkdir(folder);
    {
      await using still = await frozenFileSystem(folder);
      await still.stop();
      const mount = `type=bind,src=${still.path},dst=/still,options=rbind:rw`;
      await containerd.run(
        ["--detach", "--mount", mount],
        "box",
        ...["sh", "-c", "echo x >/still/file & wait"],
      );
      const found = await eventually("a process that waits", async () => {
        const found = await findings([`${containerd.namespace}/box`]);
        return found.find(({ kind }: Json) => kind === "uninterruptible-process");
      });
      assertEquals(found.certainty, "likely");
      assertMatch(
        found.what,
        /^process \d+ of .*\/box waits, and can't be interrupted: sh -c echo/,
      );
      const { stdout } = await runCommand("tree", "box", "--address", containerd.address);
      assertMatch(stdout, /\(can't be interrupted\)/);
      await still.goOn();
      await containerd.remove("box");
    }
    await Deno.remove(folder, { recursive: true });
  },
  !hasLoop,
);
