import "../../../harness/unit/opened_libc.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { Cgroup } from "../../../../runc/cgroup/cgroup.ts";
import { CgroupFolders, ownCgroupFoldersOf } from "../../../../runc/cgroup/folders.ts";
import { exists } from "../../../../shim/common/mod.ts";
import { close, open, OpenFlag } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { makeCgroup, removeCgroups, unifiedMount } from "../../../harness/machine/cgroups.ts";
import { runName } from "../../../harness/machine/private_mounts.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Makes a cgroup's object, and tells by `ooms` how often it has told of an OOM. */
function makeObject() {
  const told = { ooms: 0 };
  const cgroup = new Cgroup(new Reactor(new LogRecorder()), () => told.ooms++);
  return { cgroup, told };
}

/** Watches a cgroup, which one of cgroup v2 without the controller memory refuses. */
function watch(cgroup: Cgroup, folders: CgroupFolders): void {
  const { unified } = folders;
  const events = unified && join(unified, "memory.events");
  if (events && !exists(events)) {
    assertThrows(() => cgroup.watch(folders), Error, "memory.events: no such file");
  } else cgroup.watch(folders);
}

/** What a container has that has no cgroup, or not any more. */
async function assertNone(cgroup: Cgroup): Promise<void> {
  cgroup.thaw();
  const stats = await cgroup.stats();
  const { isThere, pids, isFrozen } = cgroup;
  assertEquals({ isThere, pids, isFrozen, stats }, {
    isThere: false,
    pids: [],
    isFrozen: undefined,
    stats: undefined,
  });
}

/** Calls `body` with a process that is in a cgroup, whose folders are made and removed; `remove` ends it and removes one of them. */
async function withProcess(
  folders: string[],
  body: (pid: number, remove: (folder: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const process = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  const remove = async (folder: string) => {
    try {
      process.kill("SIGKILL");
    } catch (error) {
      // It has been ended with another folder.
      if (!(error instanceof TypeError)) throw error;
    }
    await process.status;
    await eventually(
      `an empty cgroup ${folder}`,
      () => Deno.remove(folder).then(() => true, (error) => error instanceof Deno.errors.NotFound),
    );
  };
  try {
    for (const folder of folders) {
      await Deno.writeTextFile(join(folder, "cgroup.procs"), `${process.pid}`);
    }
    await body(process.pid, remove);
  } finally {
    for (const folder of folders) await remove(folder);
  }
}

const name = () => `${runName()}-unit-${crypto.randomUUID()}`;

Deno.test("cgroup: before there is one it answers as one that is gone", async () => {
  const { cgroup } = makeObject();
  await assertNone(cgroup);
  assertEquals(cgroup.isUnified, false);
  cgroup.unwatch();
});

Deno.test("cgroup: it is read until it is removed, and from then on is gone for every read", async () => {
  const folders = await makeCgroup(`/${name()}`);
  await withProcess(folders, async (pid, remove) => {
    const { cgroup, told } = makeObject();
    watch(cgroup, ownCgroupFoldersOf(pid));
    assert(cgroup.isThere);
    assertEquals(cgroup.pids, [pid]);
    assertEquals(cgroup.isFrozen, false);
    assert((await cgroup.stats())!.typeUrl!.startsWith("io.containerd.cgroups."));
    // One hierarchy after the other, as a runtime does it.
    for (const folder of folders) {
      await remove(folder);
      cgroup.thaw();
      assertEquals(cgroup.pids, []);
      assert(cgroup.isFrozen !== true);
      assertEquals(await cgroup.stats() === undefined, !cgroup.isThere);
    }
    await assertNone(cgroup);
    cgroup.unwatch();
    assertEquals(told.ooms, 0);
  });
});

const unified = unifiedMount();

Deno.test("cgroup: one of cgroup v2 is read until it is removed", {
  ignore: unified === undefined,
}, async () => {
  const folder = join(unified!, name());
  await Deno.mkdir(folder);
  await withProcess([folder], async (pid, remove) => {
    const { cgroup } = makeObject();
    const folders = new CgroupFolders(new Map([["", folder]]));
    watch(cgroup, folders);
    assertEquals(cgroup.isUnified, true);
    assertEquals(cgroup.pids, [pid]);
    await Deno.writeTextFile(join(folder, "cgroup.freeze"), "1");
    assertEquals(cgroup.isFrozen, true);
    cgroup.thaw();
    assertEquals(cgroup.isFrozen, false);
    assertEquals((await cgroup.stats())!.typeUrl, "io.containerd.cgroups.v2.Metrics");
    await remove(folder);
    await assertNone(cgroup);
    assertEquals(cgroup.isUnified, true);
    cgroup.unwatch();
  });
});

Deno.test("cgroup: what is removed while a file of it is opened is gone", () =>
  withFolder(async (folder) => {
    const removed = await makeCgroup(`/${name()}`);
    const procs = open(join(removed[0], "cgroup.procs"), OpenFlag.RDONLY);
    await removeCgroups(removed);
    try {
      // What opens these gets ENODEV, as who has looked the file up before the removal.
      const files = ["cgroup.procs", "freezer.state"].map((file) => join(folder, file));
      for (const file of files) await Deno.symlink(`/proc/self/fd/${procs}`, file);
      assertThrows(() => open(files[0], OpenFlag.RDONLY), Error, "no such device");
      const { cgroup } = makeObject();
      const folders = new CgroupFolders(new Map([["freezer", folder]]));
      assertThrows(() => cgroup.watch(folders), Error, "memory is not mounted");
      assertEquals([cgroup.pids, cgroup.isFrozen], [[], undefined]);
      cgroup.thaw();
    } finally {
      close(procs);
    }
  }));

for (
  const [controller, file, states] of [
    ["freezer", "freezer.state", { THAWED: false, FREEZING: true, FROZEN: true }],
    ["", "cgroup.freeze", { 0: false, 1: true }],
  ] as const
) {
  Deno.test(`cgroup: ${file} says whether the processes are frozen, and thaws them`, () =>
    withFolder((folder) => {
      const { cgroup } = makeObject();
      const folders = new CgroupFolders(new Map([[controller, folder]]));
      assertThrows(() => cgroup.watch(folders), Error, "memory");
      for (const [state, frozen] of Object.entries(states)) {
        Deno.writeTextFileSync(join(folder, file), `${state}\n`);
        assertEquals(cgroup.isFrozen, frozen, state);
        cgroup.thaw();
        const [thawed] = Object.keys(states);
        // As the kernel takes it; and a file that is shorter than before keeps its end here.
        assert(Deno.readTextFileSync(join(folder, file)).startsWith(thawed));
      }
      Deno.removeSync(join(folder, file));
      assertEquals(cgroup.isFrozen, undefined);
    }));
}

Deno.test("cgroup: without a freezer nothing is thawed", async () => {
  const { cgroup } = makeObject();
  const folders = new CgroupFolders(new Map([["devices", "/nosuch"]]));
  assertThrows(() => cgroup.watch(folders), Error, "memory is not mounted");
  await assertNone(cgroup);
});
