/**
 * The cgroups that a container has left and no runtime removes: one that is killed after it has made them, and before it has written
 * down that it did, leaves them, and nobody knows of them any more; nor where it is not known which runtime it was.
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
import { parseAllHierarchies } from "./hierarchy.ts";
import { pidsIn } from "./processes.ts";
import { unlessMissing } from "./removal.ts";

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
  const folders = foldersOf(path, systemdCgroup);
  if (!await isOwn(bundle, path, folders)) return;
  await awaitEnds([...new Set(folders.flatMap(pidsIn))], END_MS);
  for (const folder of folders) removeIfEmpty(folder);
}

/**
 * Kills what is in the cgroups that a bundle's spec names, and removes them: of a container that no runtime is known to have. Only
 * where they have its id for their name, and no other bundle names them: then nothing else can be in there.
 * @param bundle May be gone; then it does nothing.
 */
export async function removeCgroups(bundle: string, id: string): Promise<void> {
  const path = await readCgroupsPath(bundle);
  if (!path || !(path.endsWith(`/${id}`) || path.endsWith(`:${id}`))) return;
  // Below whose cgroup a relative path is, is not known; and systemd's paths are none of the others'.
  if (!path.startsWith("/") && parseUnit(path) === undefined) return;
  const folders = foldersOf(path, true);
  if (!await isOwn(bundle, path, folders)) return;
  const end = performance.now() + END_MS;
  for (;;) {
    const pids = new Set(folders.flatMap(pidsIn));
    const rest = end - performance.now();
    if (pids.size === 0 || rest <= 0) break;
    const ended = awaitEnds([...pids], rest);
    for (const pid of pids) killIfThere(pid, SIGKILL);
    // What is frozen ends when it goes on (cgroup v1).
    for (const folder of folders) thaw(folder);
    await ended;
  }
  for (const folder of folders) removeTree(folder);
}

/** Whether cgroups are those of a bundle's container alone. */
async function isOwn(
  bundle: string,
  path: string,
  folders: readonly string[],
): Promise<boolean> {
  const there = folders.filter((folder) => isThere(join(folder, "cgroup.procs")));
  if (there.length === 0 || await isNamedByOthers(bundle, path)) return false;
  // One that it shares with us is not its own.
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
