/** Where cgroups are, and who is in them; see cgroups(7). */
import { join } from "@std/path/posix";
import {
  Errno,
  isThere,
  listFolders,
  readText,
  SystemError,
  writeText,
} from "../../shim/libc/mod.ts";

/** ENOENT, ENODEV: it is being removed. EOPNOTSUPP: it is for threads of processes that are told of above it (cgroup v2). */
const WITHOUT_PROCESSES: readonly number[] = [Errno.ENOENT, Errno.ENODEV, Errno.EOPNOTSUPP];

/** A mounted cgroup hierarchy. */
export interface Hierarchy {
  readonly mountPoint: string;
  /** The cgroup that is mounted there; `/` unless the mount is that of a container. */
  readonly root: string;
  /** cgroup v2's only hierarchy. */
  readonly unified: boolean;
  /** The controllers and names of a hierarchy of cgroup v1. */
  readonly controllers: readonly string[];
}

/** Where cgroup v1 is in use it has this controller; a hierarchy with a name alone may be mounted beside cgroup v2 too. */
const V1_CONTROLLER = "devices";

/**
 * The hierarchies that are in use: those of cgroup v1, or else the unified one.
 * @param mountInfo /proc/self/mountinfo, see proc(5).
 */
export function parseHierarchies(mountInfo: string): Hierarchy[] {
  const hierarchies = parseAllHierarchies(mountInfo);
  const usesV1 = hierarchies.some(({ controllers }) => controllers.includes(V1_CONTROLLER));
  return hierarchies.filter(({ unified }) => unified !== usesV1);
}

/** Beside {@linkcode parseHierarchies} the unified one that there may be beside those of cgroup v1. */
export function parseAllHierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.trim().split("\n").flatMap((line): Hierarchy[] => {
    const [place, fileSystem] = line.split(" - ");
    const [, , , root, mountPoint] = place.split(" ");
    const [type, , options] = fileSystem.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ mountPoint, root, unified: type === "cgroup2", controllers: options.split(",") }];
  });
}

/** The pids in a cgroup and all below it; none where it is gone. Those below it the container may remove while they are read. */
export function pidsIn(folder: string): number[] {
  try {
    const pids = readText(join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
    return [...pids, ...listFolders(folder).flatMap((name) => pidsIn(join(folder, name)))];
  } catch (error) {
    if (error instanceof SystemError && WITHOUT_PROCESSES.includes(error.errno)) return [];
    throw error;
  }
}

/**
 * Moves this process to a cgroup, in every hierarchy that has it.
 * @throws {Error} where none has.
 */
export function joinCgroup(path: string): void {
  const hierarchies = parseHierarchies(readText("/proc/self/mountinfo"));
  const files = hierarchies.map(({ mountPoint }) => join(mountPoint, path, "cgroup.procs"));
  const there = files.filter((file) => isThere(file));
  if (there.length === 0) {
    throw new Error(`the cgroup ${path} for the shim does not exist: expected one of ${files}`);
  }
  for (const file of there) writeText(file, `${Deno.pid}`);
}
