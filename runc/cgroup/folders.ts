/** The cgroup of a container as folders: what its statistics and its OOM events are read from. */
import { join } from "@std/path/posix";
import { readText } from "../../shim/libc/mod.ts";
import { type Hierarchy, parseHierarchies } from "./hierarchy.ts";

/** For cgroup v2's only hierarchy, which has no controllers in /proc/PID/cgroup. */
const UNIFIED = "";

/** The folder of a cgroup in each hierarchy, by the names of its controllers. */
export class CgroupFolders {
  constructor(private readonly folders: ReadonlyMap<string, string>) {}

  /** The folder of a cgroup v2, where the host has that; then it is the only one. */
  get unified(): string | undefined {
    return this.folders.get(UNIFIED);
  }

  /**
   * The folder that lists the container's processes; any hierarchy would do, since runtimes make a cgroup in each that they may write
   * to.
   */
  get processes(): string | undefined {
    return this.unified ?? this.controller("devices") ?? this.folders.values().next().value;
  }

  /** The folder that has the files of one controller of cgroup v1: `memory`, `blkio`, … */
  controller(name: string): string | undefined {
    return this.folders.get(name);
  }

  /** All of them. */
  get all(): string[] {
    return [...new Set(this.folders.values())];
  }

  /** Those folders that are not among the others. */
  without(others: CgroupFolders): CgroupFolders {
    const folders = [...this.folders].filter(([name, path]) => others.folders.get(name) !== path);
    return new CgroupFolders(new Map(folders));
  }
}

/**
 * The folders of the cgroup that a process is in.
 * @param processCgroups /proc/PID/cgroup, see cgroups(7).
 */
export function parseCgroupFolders(
  processCgroups: string,
  hierarchies: readonly Hierarchy[],
): CgroupFolders {
  const folders = new Map<string, string>();
  for (const line of processCgroups.trim().split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line)!;
    for (const name of names.split(",")) {
      const hierarchy = hierarchies.find(({ unified, controllers }) =>
        name === UNIFIED ? unified : !unified && controllers.includes(name)
      );
      if (hierarchy !== undefined) folders.set(name, folderIn(hierarchy, path));
    }
  }
  return new CgroupFolders(folders);
}

/** The paths of a process's cgroups begin at the hierarchy's root, of which a container may have only a part mounted. */
function folderIn({ mountPoint, root }: Hierarchy, path: string): string {
  const isBelow = root !== "/" && `${path}/`.startsWith(`${root}/`);
  return join(mountPoint, isBelow ? path.slice(root.length) : path);
}

/**
 * The folders of the cgroup of a running process.
 * @throws {Error} where it is not running any more: the kernel shows the root as the cgroup of a zombie.
 */
export function cgroupFoldersOf(pid: number): CgroupFolders {
  const folders = readCgroupFolders(pid, readHierarchies());
  const { processes } = folders;
  if (processes === undefined) throw new Error("no cgroup hierarchy is mounted");
  checkListed(pid, processes);
  return folders;
}

/**
 * The folders of the cgroup that a running process has for itself and its kin, and that we are not in. Without root's rights a runtime
 * may be able to make none, or not in each hierarchy: then it leaves the process in the cgroup where it found it, with all the others.
 * @throws {Error} where it has none, or is not running any more.
 */
export function ownCgroupFoldersOf(pid: number): CgroupFolders {
  const hierarchies = readHierarchies();
  const shared = readCgroupFolders(Deno.pid, hierarchies);
  const folders = readCgroupFolders(pid, hierarchies).without(shared);
  const { processes } = folders;
  if (processes === undefined) throw new Error(`process ${pid} has no cgroup of its own`);
  checkListed(pid, processes);
  return folders;
}

function readHierarchies(): Hierarchy[] {
  return parseHierarchies(readText("/proc/self/mountinfo"));
}

function readCgroupFolders(pid: number, hierarchies: readonly Hierarchy[]): CgroupFolders {
  return parseCgroupFolders(readText(`/proc/${pid}/cgroup`), hierarchies);
}

function checkListed(pid: number, folder: string): void {
  const pids = readText(join(folder, "cgroup.procs")).split("\n");
  if (!pids.includes(`${pid}`)) throw new Error(`process ${pid} has ended`);
}
