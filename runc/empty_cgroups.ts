/**
 * The cgroups of a container that was never made: a runtime that is killed after it has made them, and before it has written down that
 * it did, leaves them, and nobody knows of them any more.
 */
import { dirname, join } from "@std/path/posix";
import {
  awaitEnds,
  Errno,
  isThere,
  readText,
  removeFolder,
  SystemError,
} from "../shim/libc/mod.ts";
import { otherBundles } from "../shim/other_bundles.ts";
import { parseAllHierarchies, pidsIn } from "./cgroup.ts";
import { parseCgroupFolders } from "./cgroup_folders.ts";
import type { Runtime } from "./runtime.ts";
import { readSpec } from "./spec.ts";

/** How long the processes in it, of which the runtime was the parent, may take to end, in ms. */
const END_MS = 1_000;

/**
 * Removes the cgroups that a bundle's spec names, in every hierarchy, where they are empty and no other bundle names them.
 * @param bundle May be gone; then it does nothing.
 */
export async function removeEmptyCgroups(
  bundle: string,
  { systemdCgroup }: Pick<Runtime, "systemdCgroup">,
): Promise<void> {
  const path = await readCgroupsPath(bundle);
  if (!path) return;
  const folders = foldersOf(path, systemdCgroup)
    .filter((folder) => isThere(join(folder, "cgroup.procs")));
  if (folders.length === 0 || await isNamedByOthers(bundle, path)) return;
  const pids = folders.flatMap(pidsIn);
  // One that it shares with us is not its own.
  if (pids.includes(Deno.pid)) return;
  await awaitEnds([...new Set(pids)], END_MS);
  for (const folder of folders) removeIfEmpty(folder);
}

async function readCgroupsPath(bundle: string): Promise<string | undefined> {
  try {
    return (await readSpec(bundle)).linux?.cgroupsPath;
  } catch {
    return undefined;
  }
}

async function isNamedByOthers(bundle: string, path: string): Promise<boolean> {
  return (await Promise.all(otherBundles(bundle).map(readCgroupsPath))).includes(path);
}

/** Where runtimes make a cgroup. A path that is not absolute is below the cgroup of the runtime for some, and below the root for others. */
function foldersOf(path: string, systemdCgroup: boolean): string[] {
  const hierarchies = parseAllHierarchies(readText("/proc/self/mountinfo"));
  const roots = hierarchies.map(({ mountPoint }) => mountPoint);
  const unit = systemdCgroup ? parseUnit(path) : undefined;
  if (unit === undefined && !path.startsWith("/")) {
    const own = parseCgroupFolders(readText("/proc/self/cgroup"), hierarchies).all;
    roots.push(...own, ...own.map((folder) => dirname(folder)));
  }
  // No `..` leads out.
  const inner = join("/", unit ?? path);
  return inner === "/" ? [] : [...new Set(roots.map((root) => join(root, inner)))];
}

/** The cgroup of systemd's unit where a path is `slice:prefix:name`; the slice `a-b.slice` is in `a.slice`. */
function parseUnit(path: string): string | undefined {
  const parts = path.split(":");
  if (parts.length !== 3) return undefined;
  const [slice, prefix, name] = parts;
  const words = (slice || "system.slice").replace(/\.slice$/, "").split("-").filter(Boolean);
  const slices = words.map((_, index) => `${words.slice(0, index + 1).join("-")}.slice`);
  return join("/", ...slices, name.endsWith(".slice") ? name : `${prefix}-${name}.scope`);
}

function removeIfEmpty(folder: string): void {
  try {
    removeFolder(folder);
  } catch (error) {
    const expected: readonly number[] = [Errno.EBUSY, Errno.ENOENT];
    if (!(error instanceof SystemError) || !expected.includes(error.errno)) throw error;
  }
}
