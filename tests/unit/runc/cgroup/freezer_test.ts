import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { CgroupFolders, ownCgroupFoldersOf } from "../../../../runc/cgroup/folders.ts";
import { Freezer } from "../../../../runc/cgroup/freezer.ts";
import { SystemError } from "../../../../shim/libc/mod.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import {
  freeze,
  makeCgroup,
  removeCgroups,
  thaw,
  unifiedMount,
} from "../../../harness/machine/cgroups.ts";
import { runName } from "../../../harness/machine/private_mounts.ts";
import { faultsOfEnded } from "../../../harness/machine/processes.ts";
import { expectNoNewDescriptors } from "../../../harness/unit/descriptors.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const { signal } = new AbortController();
const name = () => `${runName()}-unit-${crypto.randomUUID()}`;

/** Calls `body` with a shell in a cgroup that starts one process after the other. */
async function withBusyShell(
  folders: string[],
  body: (pid: number) => Promise<void>,
): Promise<void> {
  const script = "while :; do (:) & wait; done";
  const shell = new Deno.Command("sh", { args: ["-c", `read -r _; ${script}`], stdin: "piped" })
    .spawn();
  try {
    for (const folder of folders) {
      await Deno.writeTextFile(join(folder, "cgroup.procs"), `${shell.pid}`);
    }
    const line = new Blob(["\n"]).stream();
    await line.pipeTo(shell.stdin);
    await body(shell.pid);
  } finally {
    shell.kill("SIGKILL");
    await shell.status;
    await removeCgroups(folders);
  }
}

/** Freezes and resumes a shell that works. */
async function freezeAndResume(pid: number, freezer: Freezer): Promise<void> {
  for (let time = 0; time < 10; time++) {
    assertEquals(freezer.isFrozen, false);
    assertEquals(await freezer.freeze(signal), true);
    assertEquals(freezer.isFrozen, true);
    const before = faultsOfEnded(pid);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assertEquals(faultsOfEnded(pid), before);
    assertEquals(await freezer.resume(), true);
    await eventually("work", () => faultsOfEnded(pid) > before || undefined);
  }
  assertEquals(await freezer.resume(), false);
}

Deno.test("freezer: processes that start others are all frozen, and go on", () =>
  expectNoNewDescriptors(async () => {
    const folders = await makeCgroup(`/${name()}`);
    await withBusyShell(folders, async (pid) => {
      await freezeAndResume(pid, Freezer.of(ownCgroupFoldersOf(pid))!);
    });
  }));

const unified = unifiedMount();

Deno.test("freezer: so it is with cgroup v2", { ignore: unified === undefined }, async () => {
  const folder = join(unified!, name());
  await Deno.mkdir(folder);
  await withBusyShell([folder], async (pid) => {
    await freezeAndResume(pid, Freezer.of(new CgroupFolders(new Map([["", folder]])))!);
  });
});

Deno.test("freezer: what a cgroup above has frozen does not go on", async () => {
  const outer = await makeCgroup(`/${name()}`);
  const folders = await makeCgroup(outer[0].slice(outer[0].lastIndexOf("/")) + "/inner");
  await withBusyShell(folders, async (pid) => {
    const inner = Freezer.of(ownCgroupFoldersOf(pid))!;
    const above = inner.folder.replace(/\/inner$/, "");
    freeze(above);
    assertEquals(await inner.resume(), false);
    thaw(above);
  });
  await removeCgroups(outer);
});

Deno.test("freezer: if one can't be stopped in time, all go on", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "cgroup.freeze"), "0");
    await Deno.writeTextFile(join(folder, "cgroup.events"), "populated 1\nfrozen 0\n");
    const freezer = Freezer.of(new CgroupFolders(new Map([["", folder]])))!;
    assertEquals(await freezer.freeze(signal), false);
    assertEquals(await Deno.readTextFile(join(folder, "cgroup.freeze")), "0");
  }));

Deno.test("freezer: without the cgroup there is nothing to freeze", async () => {
  const freezer = Freezer.of(new CgroupFolders(new Map([["freezer", "/nosuch"]])))!;
  assertEquals(freezer.isFrozen, undefined);
  await assertRejects(() => freezer.freeze(signal), SystemError, "no such file");
  assertEquals(await freezer.resume(), false);
  freezer.thaw();
  assertEquals(Freezer.of(new CgroupFolders(new Map())), undefined);
});
