/** The freezer of a cgroup, by which all of its processes are stopped and let go on. */
import { join } from "@std/path/posix";
import { sleep } from "../../shim/common/mod.ts";
import { close, open, OpenFlag, readText, writeInPool, writeText } from "../../shim/libc/mod.ts";
import type { CgroupFolders } from "./folders.ts";
import { unlessMissing } from "./removal.ts";

/** How long processes may take to be frozen, in ms; as a rule they are when it has been written that they shall be. */
const FREEZE_MS = 100;

/** The files of a version of cgroups, and what is in them (the kernel's freezer-subsystem.rst and cgroup-v2.rst). */
interface Version {
  /** The file by which they are frozen and thawed. */
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
  /** The file that tells, by a line, that all of them are frozen. */
  readonly done: readonly [file: string, line: string];
  /** The file that tells whether that is by this cgroup, and not only by one above it. */
  readonly self: string;
}

const V1: Version = {
  file: "freezer.state",
  frozen: "FROZEN",
  thawed: "THAWED",
  done: ["freezer.state", "FROZEN"],
  self: "freezer.self_freezing",
};
const V2: Version = {
  file: "cgroup.freeze",
  frozen: "1",
  thawed: "0",
  done: ["cgroup.events", "frozen 1"],
  self: "cgroup.freeze",
};

/** The freezer of a cgroup, which may be removed at any moment. */
export class Freezer {
  private constructor(readonly folder: string, private readonly version: Version) {}

  /** Undefined if the cgroup has none. */
  static of(folders: CgroupFolders): Freezer | undefined {
    if (folders.unified !== undefined) return new Freezer(folders.unified, V2);
    const folder = folders.controller("freezer");
    return folder === undefined ? undefined : new Freezer(folder, V1);
  }

  /** Whether the processes are frozen, or about to be; undefined if the cgroup is gone. */
  get isFrozen(): boolean | undefined {
    const state = this.#read(this.version.file);
    return state === undefined ? undefined : state !== this.version.thawed;
  }

  /**
   * Freezes the processes.
   * @param signal Ends the wait.
   * @returns Whether they are frozen. If not, as others begin meanwhile (cgroup v1) or one can't be stopped, they all go on.
   * @throws {SystemError} If there is no such cgroup any more.
   */
  async freeze(signal: AbortSignal): Promise<boolean> {
    const end = performance.now() + FREEZE_MS;
    let isDone = false;
    try {
      while (performance.now() < end && !signal.aborted) {
        // In cgroup v1 it is written once more for those that have begun meanwhile.
        if (!await this.#writeInPool(this.version.frozen)) break;
        isDone = this.#isDone;
        if (isDone) break;
        await sleep(1);
      }
    } finally {
      if (!isDone) this.thaw();
    }
    return isDone;
  }

  /**
   * Lets frozen processes go on.
   * @returns Whether they do. Not if they were not all frozen, or not by this cgroup but by one above it.
   * @throws {SystemError} If there is no such cgroup any more.
   */
  async resume(): Promise<boolean> {
    if (!this.#isDone || this.#read(this.version.self) !== "1") return false;
    return await this.#writeInPool(this.version.thawed);
  }

  /**
   * {@linkcode resume}, in any case and at once; does nothing if the cgroup is gone.
   * @throws {SystemError} If the kernel refuses it.
   */
  thaw(): void {
    unlessMissing(() => writeText(join(this.folder, this.version.file), this.version.thawed));
  }

  /** Whether all of them are frozen. */
  get #isDone(): boolean {
    const [file, line] = this.version.done;
    return this.#read(file)?.split("\n").includes(line) ?? false;
  }

  #read(file: string): string | undefined {
    return unlessMissing(() => readText(join(this.folder, file)))?.trim();
  }

  /** In a thread: the kernel changes cgroups one at a time, and a change may wait for another. */
  async #writeInPool(state: string): Promise<boolean> {
    const file = open(join(this.folder, this.version.file), OpenFlag.WRONLY);
    try {
      return await writeInPool(file, new TextEncoder().encode(state)) === state.length;
    } finally {
      close(file);
    }
  }
}
