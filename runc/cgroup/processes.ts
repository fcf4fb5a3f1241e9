/** The processes in a cgroup, see cgroups(7). */
import { join } from "@std/path/posix";
import { isThere, listFolders, readText, writeText } from "../../shim/libc/mod.ts";
import { readHierarchies } from "./hierarchy.ts";
import { unlessMissing } from "./removal.ts";

/** The pids in a cgroup and in all cgroups below it; none if it is gone. The container may remove those below it meanwhile. */
export function pidsIn(folder: string): number[] {
  return unlessMissing(() => {
    const pids = readText(join(folder, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
    return [...pids, ...listFolders(folder).flatMap((name) => pidsIn(join(folder, name)))];
  }) ?? [];
}

/**
 * Moves this process to a cgroup, in every hierarchy that has it.
 * @throws {Error} If no hierarchy has it.
 */
export function joinCgroup(path: string): void {
  const hierarchies = readHierarchies();
  const files = hierarchies.map(({ mountPoint }) => join(mountPoint, path, "cgroup.procs"));
  const there = files.filter((file) => isThere(file));
  if (there.length === 0) {
    throw new Error(`the cgroup ${path} for the shim does not exist: expected one of ${files}`);
  }
  for (const file of there) writeText(file, `${Deno.pid}`);
}
