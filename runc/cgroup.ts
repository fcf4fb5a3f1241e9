/** Where cgroups are, and who is in them; see cgroups(7). */
import { join } from "@std/path/posix";
import { listFolders, readText, SystemError, writeText } from "../shim/mod.ts";

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

/** Any controller would do: every runtime makes a cgroup for each container in all hierarchies of cgroup v1. */
const V1_CONTROLLER = "devices";

/**
 * The hierarchies that are in use: those of cgroup v1, or else the unified one.
 * @param mountInfo /proc/self/mountinfo, see proc(5).
 */
export function parseHierarchies(mountInfo: string): Hierarchy[] {
  const hierarchies = mountInfo.trim().split("\n").flatMap((line): Hierarchy[] => {
    const [place, fileSystem] = line.split(" - ");
    const [, , , root, mountPoint] = place.split(" ");
    const [type, , options] = fileSystem.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ mountPoint, root, unified: type === "cgroup2", controllers: options.split(",") }];
  });
  const v1 = hierarchies.filter(({ unified }) => !unified);
  return v1.length > 0 ? v1 : hierarchies;
}

/**
 * The folder of the cgroup that a process is in.
 * @param processCgroups /proc/PID/cgroup
 * @throws {Error} where there is none.
 */
export function cgroupFolder(
  processCgroups: string,
  hierarchies: readonly Hierarchy[],
): string {
  const lines = processCgroups.trim().split("\n").map((line) => /^\d+:([^:]*):(.*)$/.exec(line)!);
  for (const { mountPoint, root, unified, controllers } of hierarchies) {
    if (!unified && !controllers.includes(V1_CONTROLLER)) continue;
    const line = lines.find(([, names]) =>
      unified ? names === "" : names.split(",").includes(V1_CONTROLLER)
    );
    if (line === undefined) continue;
    const path = root !== "/" && line[2].startsWith(root) ? line[2].slice(root.length) : line[2];
    return join(mountPoint, path);
  }
  throw new Error(`found no mounted cgroup hierarchy for ${JSON.stringify(processCgroups)}`);
}

function hierarchies(): Hierarchy[] {
  return parseHierarchies(readText("/proc/self/mountinfo"));
}

/** The folder of the cgroup of a running process. */
export function cgroupFolderOf(pid: number): string {
  return cgroupFolder(readText(`/proc/${pid}/cgroup`), hierarchies());
}

/** The pids in a cgroup and all below it. */
export function pidsIn(folder: string): number[] {
  const pids = readText(join(folder, "cgroup.procs")).trim().split("\n").filter(Boolean).map(
    Number,
  );
  return [...pids, ...listFolders(folder).flatMap((name) => pidsIn(join(folder, name)))];
}

/**
 * Moves this process to a cgroup, in every hierarchy that has it.
 * @throws {Error} where none has.
 */
export function joinCgroup(path: string): void {
  const files = hierarchies().map(({ mountPoint }) => join(mountPoint, path, "cgroup.procs"));
  const there = files.filter((file) => exists(file));
  if (there.length === 0) {
    throw new Error(`the cgroup ${path} for the shim does not exist: expected one of ${files}`);
  }
  for (const file of there) writeText(file, `${Deno.pid}`);
}

function exists(path: string): boolean {
  try {
    readText(path);
    return true;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}
