import { assertEquals, assertThrows } from "@std/assert";
import {
  cgroupFoldersAt,
  ownCgroupFoldersOf,
  parseCgroupFolders,
} from "../../../../runc/cgroup/folders.ts";
import { parseHierarchies } from "../../../../runc/cgroup/hierarchy.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { childrenOf } from "../../../harness/machine/processes.ts";
import { HYBRID, NESTED, UNIFIED } from "../../../harness/unit/mount_infos.ts";

const foldersOn = (mountInfo: string, cgroups: string) =>
  parseCgroupFolders(cgroups, parseHierarchies(mountInfo));

Deno.test("cgroup folders: on cgroup v1 a folder for each controller", () => {
  const folders = foldersOn(
    HYBRID,
    "9:name=systemd:/a\n5:devices:/default/c1\n3:freezer:/f\n1:cpu,cpuacct:/b:c\n0::/d\n",
  );
  assertEquals(folders.unified, undefined);
  assertEquals(folders.processes, "/sys/fs/cgroup/devices/default/c1");
  const known = {
    devices: "/sys/fs/cgroup/devices/default/c1",
    cpu: "/sys/fs/cgroup/cpu,cpuacct/b:c",
    cpuacct: "/sys/fs/cgroup/cpu,cpuacct/b:c",
    "name=systemd": "/sys/fs/cgroup/systemd/a",
    // Not mounted, and not there.
    freezer: undefined,
    memory: undefined,
  };
  for (const [name, folder] of Object.entries(known)) {
    assertEquals(folders.controller(name), folder);
  }
});

Deno.test("cgroup folders: on cgroup v2 the one", () => {
  const folders = foldersOn(UNIFIED, "0::/system.slice/c1\n");
  assertEquals(folders.unified, "/sys/fs/cgroup/system.slice/c1");
  assertEquals(folders.processes, folders.unified);
  assertEquals(folders.controller("memory"), undefined);
});

Deno.test("cgroup folders: where a container's part alone is mounted they are below it", () => {
  const folderOf = (path: string) => foldersOn(NESTED, `6:devices:${path}\n`).processes;
  assertEquals(folderOf("/docker/4f5a/default/c1"), "/sys/fs/cgroup/devices/default/c1");
  assertEquals(folderOf("/docker/4f5a"), "/sys/fs/cgroup/devices");
  // What only begins like it is another container.
  assertEquals(folderOf("/docker/4f5abc/c1"), "/sys/fs/cgroup/devices/docker/4f5abc/c1");
});

Deno.test("cgroup folders: without a hierarchy for the process there is none", () => {
  assertEquals(foldersOn(HYBRID, "0::/a\n").processes, undefined);
  assertEquals(foldersOn(UNIFIED, "5:devices:/a\n").processes, undefined);
});

Deno.test("cgroup folders: of those that a process shares with another none is its own", () => {
  const other = foldersOn(HYBRID, "9:name=systemd:/a\n5:devices:/a\n1:cpu,cpuacct:/a\n");
  const folders = foldersOn(HYBRID, "9:name=systemd:/a\n5:devices:/a\n1:cpu,cpuacct:/a/c1\n");
  const own = folders.without(other);
  assertEquals(own.controller("devices"), undefined);
  assertEquals(own.controller("cpu"), "/sys/fs/cgroup/cpu,cpuacct/a/c1");
  assertEquals(own.processes, own.controller("cpu"));
  assertEquals(own.without(own).processes, undefined);
  assertThrows(() => ownCgroupFoldersOf(Deno.pid), Error, "no cgroup of its own");
});

Deno.test("cgroup folders: a process that has ended has none, not even as a zombie", async () => {
  // Its parent does not wait for it.
  const parent = new Deno.Command("sh", { args: ["-c", "true & exec sleep 30"] }).spawn();
  const { pid } = await eventually(
    "a zombie",
    () => childrenOf(parent.pid).find(({ state }) => state === "Z"),
  );
  assertThrows(() => ownCgroupFoldersOf(pid), Error, `process ${pid} has `);
  parent.kill("SIGKILL");
  await parent.status;
});

Deno.test("cgroup folders: those of a path are in every hierarchy, and nowhere else", () => {
  const at = (mountInfo: string) => cgroupFoldersAt("../a/../b", parseHierarchies(mountInfo));
  assertEquals(at(UNIFIED).unified, "/sys/fs/cgroup/b");
  assertEquals(at(UNIFIED).processes, "/sys/fs/cgroup/b");
  assertEquals(at(HYBRID).processes, "/sys/fs/cgroup/devices/b");
  assertEquals(at(HYBRID).controller("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/b");
});
