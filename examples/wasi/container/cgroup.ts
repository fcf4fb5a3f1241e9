/** The cgroup that limits a module's memory (cgroups(7)), version 1 or 2; whichever the host has for memory. */
import { dirname, join } from "@std/path/posix";
import {
  Errno,
  makeFolder,
  readText,
  removeFolder,
  SystemError,
  writeText,
} from "../../../shim/libc/mod.ts";
import type { Spec } from "./spec.ts";

/** A cgroup that was made for one container. */
export class Cgroup {
  private constructor(private readonly folder: string) {}

  /**
   * Makes the cgroup that a spec names, where the host has a hierarchy for memory.
   * @param bundle Gets a file that names the folder, for {@linkcode Cgroup.of}.
   * @throws {Error} where the spec's limit can't be set; nothing is left then.
   */
  static make(bundle: string, { linux }: Spec): Cgroup | undefined {
    const limit = linux?.resources?.memory?.limit;
    const hierarchy = findHierarchy();
    if (!linux?.cgroupsPath || hierarchy === undefined) {
      if (!limit) return undefined;
      throw new Error(`a memory limit of ${limit} bytes needs a cgroup, and there can be none`);
    }
    const folder = join(hierarchy.mountPoint, join("/", toPath(linux.cgroupsPath)));
    const cgroup = new Cgroup(folder);
    Deno.writeTextFileSync(noteFile(bundle), folder, { mode: 0o600 });
    try {
      makeFolders(hierarchy.mountPoint, folder, hierarchy.isUnified);
      if (limit) cgroup.#write(hierarchy.isUnified ? "memory.max" : "memory.limit_in_bytes", limit);
    } catch (error) {
      cgroup.remove(bundle);
      throw error;
    }
    return cgroup;
  }

  /** The cgroup of a bundle's container, where one was made. */
  static of(bundle: string): Cgroup | undefined {
    try {
      return new Cgroup(Deno.readTextFileSync(noteFile(bundle)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /**
   * Moves a process into it, which may take 20 ms (cgroup v1), or does nothing where it is in there. What it has taken of memory before,
   * such as Deno's own, does not count.
   */
  add(pid: number): void {
    if (!readText(join(this.folder, PROCESSES)).split("\n").includes(`${pid}`)) {
      this.#write(PROCESSES, pid);
    }
  }

  /** Whether the kernel has killed a process in it since it had used up its memory. */
  get hasRunOut(): boolean {
    const text = FAILURES.map((name) => readIfThere(join(this.folder, name))).join("");
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
  }

  /** Removes it, once its process has ended. */
  remove(bundle: string): void {
    try {
      removeFolder(this.folder);
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== Errno.ENOENT) throw error;
    }
    Deno.removeSync(noteFile(bundle));
  }

  #write(name: string, value: number): void {
    writeText(join(this.folder, name), `${value}`);
  }
}

const PROCESSES = "cgroup.procs";
/** The files of version 1 and 2 that count who was killed. */
const FAILURES = ["memory.oom_control", "memory.events"];

const noteFile = (bundle: string) => join(bundle, "cgroup");

function readIfThere(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof SystemError && error.errno === Errno.ENOENT) return "";
    throw error;
  }
}

interface MemoryHierarchy {
  readonly mountPoint: string;
  readonly isUnified: boolean;
}

/** Lines of /proc/self/mountinfo end with ` - TYPE SOURCE OPTIONS`, see proc(5). */
function findHierarchy(): MemoryHierarchy | undefined {
  let unified: MemoryHierarchy | undefined;
  for (const line of readText("/proc/self/mountinfo").trim().split("\n")) {
    const [place, fileSystem] = line.split(" - ");
    const [type, , options] = fileSystem.split(" ");
    const mountPoint = place.split(" ")[4];
    if (type === "cgroup" && options.split(",").includes("memory")) {
      return { mountPoint, isUnified: false };
    }
    if (type === "cgroup2") unified = { mountPoint, isUnified: true };
  }
  return unified;
}

/** A path, also where it is told as systemd's `slice:prefix:name`: the slice `a-b.slice` is in `a.slice`. */
function toPath(path: string): string {
  const parts = path.split(":");
  if (parts.length !== 3) return path;
  const [slice, prefix, name] = parts;
  const words = slice.replace(/\.slice$/, "").split("-").filter(Boolean);
  const slices = words.map((_, index) => `${words.slice(0, index + 1).join("-")}.slice`);
  return join(...slices, `${prefix}-${name}.scope`);
}

function makeFolders(mountPoint: string, folder: string, isUnified: boolean): void {
  if (folder === mountPoint) return;
  const parent = dirname(folder);
  makeFolders(mountPoint, parent, isUnified);
  try {
    makeFolder(folder);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== Errno.EEXIST) throw error;
  }
  // In version 2 a cgroup has no limits unless the one above says that those below it have.
  if (isUnified) writeText(join(parent, "cgroup.subtree_control"), "+memory");
}
