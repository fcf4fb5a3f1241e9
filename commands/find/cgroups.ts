/** The cgroups of this machine (cgroups(7)), of whichever version. */
import { join } from "@std/path/posix";
import { parseCgroupFolders } from "../../runc/cgroup/folders.ts";
import type { Hierarchy } from "../../runc/cgroup/hierarchy.ts";
import { quote } from "../output/text.ts";
import { textOf } from "./processes.ts";

/** The cgroup that a process is in. */
export interface ProcessCgroup {
  /** Its path within the hierarchies; where they differ, that of the controller that containers always have. */
  readonly path: string;
  /** The folder by whose file it is frozen; undefined where it can't be. */
  readonly freezer: string | undefined;
}

/** The cgroup of a process; undefined if it has ended. */
export function cgroupOf(pid: number, mounted: readonly Hierarchy[]): ProcessCgroup | undefined {
  const text = textOf(`/proc/${pid}/cgroup`);
  if (!text) return undefined;
  const folders = parseCgroupFolders(text, mounted);
  const { processes } = folders;
  if (processes === undefined) return undefined;
  const { mountPoint } = mounted.find((each) => processes.startsWith(each.mountPoint))!;
  return {
    path: processes.slice(mountPoint.length) || "/",
    freezer: folders.unified ?? folders.controller("freezer"),
  };
}

/** Whether a cgroup's path is that of a container, or below it: it has the id for a name, or in the name of a scope of systemd's. */
export function isOfContainer(path: string, id: string): boolean {
  return path.split("/").some((name) => name === id || name.endsWith(`-${id}.scope`));
}

/** Whether what is in a cgroup is frozen, or about to be, by its own file. */
export function isFrozen(folder: string): boolean {
  const unified = textOf(join(folder, "cgroup.freeze"))?.trim();
  if (unified !== undefined) return unified === "1";
  const state = textOf(join(folder, "freezer.state"))?.trim();
  return state === "FROZEN" || state === "FREEZING";
}

/** The command for a shell by which what is in a cgroup goes on. */
export function thawCommand(folder: string): string {
  const [file, value] = textOf(join(folder, "cgroup.freeze")) === undefined
    ? ["freezer.state", "THAWED"]
    : ["cgroup.freeze", "0"];
  return `echo ${value} > ${quote(join(folder, file))}`;
}
