/** The folders of a cgroup. */
import { join } from "@std/path/posix";
import { readText } from "../../shim/libc/mod.ts";
import { type Hierarchy, readHierarchies } from "./hierarchy.ts";

/** What stands for the controllers of cgroup v2 in /proc/PID/cgroup: nothing. */
const UNIFIED = "";

/** The folder of a cgroup in each hierarchy, by the names of its controllers. */
export class CgroupFolders {
  constructor(private readonly folders: ReadonlyMap<string, string>) {}

  /** The folder of a cgroup v2, which is the only one then; undefined if the host has cgroup v1. */
  get unified(): string | undefined {
    return this.folders.get(UNIFIED);
  }

  /** The folder that lists the container's processes. Any hierarchy would do, as runtimes make a cgroup in each that they can. */
  get processes(): string | undefined {
    return this.unified ?? this.controller("devices") ?? this.folders.values().next().value;
  }

  /** The folder that has the files of one controller of cgroup v1: `memory`, `blkio`, … */
  controller(name: string): string | undefined {
    return this.folders.get(name);
  }

  /** All folders, each once. */
  get all(): string[] {
    return [...new Set(this.folders.values())];
  }

  /** The folders that are not among the others. */
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

/** The folder of a path in /proc/PID/cgroup. In a container only a part of the hierarchy may be mounted, and the path begins above. */
function folderIn({ mountPoint, root }: Hierarchy, path: string): string {
  const isBelow = root !== "/" && `${path}/`.startsWith(`${root}/`);
  return join(mountPoint, isBelow ? path.slice(root.length) : path);
}

/**
 * The folders that a cgroup has, if it is there.
 * @param path In every hierarchy.
 */
export function cgroupFoldersAt(path: string, hierarchies: readonly Hierarchy[]): CgroupFolders {
  const folders = hierarchies.flatMap(({ mountPoint, unified, controllers }) =>
    // Joined to the root first, a path with `..` leads nowhere else.
    (unified ? [UNIFIED] : controllers).map((name) =>
      [name, join(mountPoint, join("/", path))] as const
    )
  );
  return new CgroupFolders(new Map(folders));
}

/** The cgroups of the shim, see {@linkcode readShimCgroups}. */
export interface ShimCgroups {
  readonly hierarchies: readonly Hierarchy[];
  readonly folders: CgroupFolders;
}

/** Reads in which cgroups this process is. */
export function readShimCgroups(): ShimCgroups {
  const hierarchies = readHierarchies();
  return { hierarchies, folders: readCgroupFolders(Deno.pid, hierarchies) };
}

/**
 * The folders of the cgroup that a container's init has in the hierarchies where it is not the shim's, too. A runtime without root's
 * rights may be able to make no cgroup, or not in each hierarchy: there it leaves the container in the shim's.
 * @throws {Error} If there is none, or init does not run any more.
 */
export function ownCgroupFoldersOf(pid: number, shim = readShimCgroups()): CgroupFolders {
  const folders = readCgroupFolders(pid, shim.hierarchies).without(shim.folders);
  const { processes } = folders;
  if (processes === undefined) throw new Error(`process ${pid} has no cgroup of its own`);
  checkListed(pid, processes);
  return folders;
}

function readCgroupFolders(pid: number, hierarchies: readonly Hierarchy[]): CgroupFolders {
  return parseCgroupFolders(readText(`/proc/${pid}/cgroup`), hierarchies);
}

function checkListed(pid: number, folder: string): void {
  const pids = readText(join(folder, "cgroup.procs")).split("\n");
  if (!pids.includes(`${pid}`)) throw new Error(`process ${pid} has ended`);
}
