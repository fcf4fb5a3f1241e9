import { dirname } from "@std/path";
import { type CgroupFolders, parseCgroupFolders } from "../../../runc/cgroup/folders.ts";
import { parseHierarchies } from "../../../runc/cgroup/hierarchy.ts";
import { readText } from "../../../shim/mod.ts";
import { eventually } from "../expect/eventually.ts";

/** The folders of the cgroup of a running process. */
export function cgroupFoldersOf(pid: number): CgroupFolders {
  const hierarchies = parseHierarchies(readText("/proc/self/mountinfo"));
  return parseCgroupFolders(readText(`/proc/${pid}/cgroup`), hierarchies);
}

/** The mount points of all cgroup hierarchies, version 1 and 2. */
export function cgroupMounts(): string[] {
  return Deno.readTextFileSync("/proc/self/mounts").split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, mountPoint]) => mountPoint);
}

/** The mount point of cgroup version 2's hierarchy, which the host may have beside those of version 1. */
export function unifiedMount(): string | undefined {
  return cgroupMounts().find((mount) => {
    try {
      return Deno.statSync(`${mount}/cgroup.controllers`).isFile;
    } catch {
      return false;
    }
  });
}

/** The folders of the cgroups whose path begins with `prefix`, in every hierarchy, inner before outer. */
export function cgroupFolders(prefix: string): string[] {
  return cgroupMounts().flatMap((mount) =>
    innerFolders(mount)
      .filter((name) => name.startsWith(prefix))
      .flatMap((name) => withInnerFolders(`${mount}/${name}`))
  );
}

/** Removes cgroups, inner before outer, each as soon as the kernel lets it go: it may still be at the end of the last process. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await eventually(`an empty cgroup ${folder}`, () => {
      return Deno.remove(folder).then(() => true, (error) => {
        if (!isBusy(error)) throw error;
      });
    });
  }
}

/** Whether an error of Deno's is EBUSY; it has no class of its own for it (2.9.6). */
export function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code === "EBUSY";
}

/** Freezes the processes of a cgroup, as an operator does. */
export function freeze(folder: string): void {
  writeFreezer(folder, { "freezer.state": "FROZEN", "cgroup.freeze": "1" });
}

/** Lets the processes of a cgroup go on, where they are frozen: they can't end before. */
export function thaw(folder: string): void {
  writeFreezer(folder, { "freezer.state": "THAWED", "cgroup.freeze": "0" });
}

function writeFreezer(folder: string, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    try {
      Deno.writeTextFileSync(`${folder}/${name}`, value, { create: false });
    } catch (error) {
      // The one of the other version, or of another hierarchy.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function withInnerFolders(folder: string): string[] {
  const inner = innerFolders(folder).flatMap((name) => withInnerFolders(`${folder}/${name}`));
  return [...inner, folder];
}

function innerFolders(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return []; // removed meanwhile
    throw error;
  }
}

/** A file of a cgroup: of which controller, and its name in version 1 and 2. */
export interface CgroupFile {
  controller: string;
  v1: string;
  v2: string;
}

/** Reads a file of the cgroup of a running process, whichever version the host has, without its last newline. */
export function readCgroupFile(pid: number, { controller, v1, v2 }: CgroupFile): string {
  const folders = cgroupFoldersOf(pid);
  const { unified } = folders;
  const path = unified === undefined
    ? `${folders.controller(controller)}/${v1}`
    : `${unified}/${v2}`;
  return readText(path).trimEnd();
}

/** Whether the host has a controller, be it of cgroup version 1 or 2. */
export function hasController(name: string): boolean {
  const folders = cgroupFoldersOf(Deno.pid);
  if (folders.unified === undefined) return folders.controller(name) !== undefined;
  return cgroupMounts().some((mount) =>
    readText(`${mount}/cgroup.controllers`).trim().split(" ").includes(name)
  );
}

/** Whether the cgroup of a running process is frozen. */
export function isFrozen(pid: number): boolean {
  const file = { controller: "freezer", v1: "freezer.state", v2: "cgroup.freeze" };
  return /^(FROZEN|FREEZING|1)$/.test(readCgroupFile(pid, file));
}

/**
 * Makes a cgroup in every hierarchy that is in use, as an administrator makes one for shims.
 * @returns Its folders.
 */
export async function makeCgroup(path: string): Promise<string[]> {
  const hierarchies = parseHierarchies(await Deno.readTextFile("/proc/self/mountinfo"));
  const folders = hierarchies.map(({ mountPoint }) => `${mountPoint}${path}`);
  for (const folder of folders) {
    await Deno.mkdir(folder, { recursive: true });
    // In cgroup v1 a new one has no processors, and so takes no processes.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      for (const inner of [dirname(folder), folder]) {
        const set = await Deno.readTextFile(`${dirname(inner)}/${file}`).catch(() => undefined);
        if (set !== undefined) await Deno.writeTextFile(`${inner}/${file}`, set);
      }
    }
  }
  return folders;
}
