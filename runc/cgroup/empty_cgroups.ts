/**
 * Cgroups that a container has left and no runtime removes: its runtime was killed after it had made them and before it had written
 * its state, or it is not known which runtime it was. The bundle's spec still names them.
 */
import { dirname, join } from "@std/path/posix";
import { otherBundles } from "../../shim/bootstrap/other_bundles.ts";
import {
  awaitEnds,
  Errno,
  isThere,
  killIfThere,
  listFolders,
  readText,
  removeFolder,
  SIGKILL,
  SystemError,
  writeText,
} from "../../shim/libc/mod.ts";
import { readSpec, type Runtime } from "../bundle/mod.ts";
import { parseCgroupFolders } from "./folders.ts";
import { readAllHierarchies } from "./hierarchy.ts";
import { pidsIn } from "./processes.ts";
import { unlessMissing } from "./removal.ts";

/** How long the processes in them, whose runtime has been killed, may take to end, in ms. */
const END_MS = 1_000;

/**
 * Removes the cgroups that a bundle's spec names, in every hierarchy, if they are empty and no other bundle names them.
 * @param bundle If it is gone, nothing is done.
 */
export async function removeEmptyCgroups(
  bundle: string,
  { systemdCgroup }: Pick<Runtime, "systemdCgroup">,
): Promise<void> {
  const path = readCgroupsPath(bundle);
  if (!path) return;
  const folders = foldersOf(path, systemdCgroup);
  if (!isOwn(bundle, path, folders)) return;
  await awaitEnds([...new Set(folders.flatMap(pidsIn))], END_MS);
  for (const folder of folders) removeIfEmpty(folder);
}

/**
 * Removes the cgroups that a bundle's spec names, and kills what is in them, of a container whose runtime is not known. It does so only
 * if they have the container's id for their name and no other bundle names them: then nothing else can be in there.
 * @param bundle If it is gone, nothing is done.
 */
export async function removeCgroups(bundle: string, id: string): Promise<void> {
  const path = readCgroupsPath(bundle);
  if (!path || !(path.endsWith(`/${id}`) || path.endsWith(`:${id}`))) return;
  // It is not known which cgroup a relative path is below, unless the path is in systemd's form.
  if (!path.startsWith("/") && parseUnit(path) === undefined) return;
  const folders = foldersOf(path, true);
  if (!isOwn(bundle, path, folders)) return;
  const end = performance.now() + END_MS;
  for (;;) {
    const pids = new Set(folders.flatMap(pidsIn));
    const rest = end - performance.now();
    if (pids.size === 0 || rest <= 0) break;
    const ended = awaitEnds([...pids], rest);
    for (const pid of pids) killIfThere(pid, SIGKILL);
    // In cgroup v1 a frozen process ends only when it is thawed.
    for (const folder of folders) thaw(folder);
    await ended;
  }
  for (const folder of folders) removeTree(folder);
}

/** Whether the cgroups belong to the bundle's container alone. */
function isOwn(bundle: string, path: string, folders: readonly string[]): boolean {
  const there = folders.filter((folder) => isThere(join(folder, "cgroup.procs")));
  if (there.length === 0 || isNamedByOthers(bundle, path)) return false;
  // A cgroup that this process is in is not the container's own.
  return !there.flatMap(pidsIn).includes(Deno.pid);
}

function thaw(folder: string): void {
  unlessMissing(() => writeText(join(folder, "freezer.state"), "THAWED"));
}

function removeTree(folder: string): void {
  const names = unlessMissing(() => listFolders(folder)) ?? [];
  for (const name of names) removeTree(join(folder, name));
  removeIfEmpty(folder);
}

function readCgroupsPath(bundle: string): string | undefined {
  try {
    return readSpec(bundle).linux?.cgroupsPath;
  } catch {
    return undefined;
  }
}

function isNamedByOthers(bundle: string, path: string): boolean {
  return otherBundles(bundle).some((other) => readCgroupsPath(other) === path);
}

/** The folders that runtimes make for a path. Some make those of a relative path below their own cgroup, others below the root. */
function foldersOf(path: string, systemdCgroup: boolean): string[] {
  const hierarchies = readAllHierarchies();
  const roots = hierarchies.map(({ mountPoint }) => mountPoint);
  const unit = systemdCgroup ? parseUnit(path) : undefined;
  if (unit === undefined && !path.startsWith("/")) {
    const own = parseCgroupFolders(readText("/proc/self/cgroup"), hierarchies).all;
    roots.push(...own, ...own.map((folder) => dirname(folder)));
  }
  // Joined to the root first, a path with `..` leads nowhere else.
  const inner = join("/", unit ?? path);
  return inner === "/" ? [] : [...new Set(roots.map((root) => join(root, inner)))];
}

/** The cgroup of systemd's unit for a path `slice:prefix:name`, in which the slice `a-b.slice` is below `a.slice`. */
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
