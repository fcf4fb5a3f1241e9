/** The cgroup of a container. */
import { join } from "@std/path/posix";
import type { Any } from "../../proto/mod.ts";
import { isThere, readText, writeText } from "../../shim/libc/mod.ts";
import type { Reactor } from "../../shim/mod.ts";
import type { CgroupFolders } from "./folders.ts";
import { oomCounter } from "./oom.ts";
import { OomWatch } from "./oom_watch.ts";
import { pidsIn } from "./processes.ts";
import { unlessMissing } from "./removal.ts";
import { readStats } from "./stats.ts";

/** A file that says whether processes are frozen, and its text when they are not, which also thaws them. */
interface Freezer {
  readonly file: string;
  readonly thawed: string;
}

/**
 * The cgroup of a container: what is in it, and what becomes of that. Whoever may write to cgroups can remove it at any moment, also
 * while it is read: then everything here answers as for a container that has none, as it does before {@linkcode Cgroup.watch}.
 */
export class Cgroup {
  #folders: CgroupFolders | undefined;
  #oom: OomWatch | undefined;

  /** @param onOom Called whenever the container has run out of memory; must not throw. */
  constructor(private readonly reactor: Reactor, private readonly onOom: () => void) {}

  /**
   * Takes the cgroup that the container turns out to have, and tells from now on of its OOMs.
   * @throws {Error} where these can't be told, as it has no memory controller, or is gone; all else works then.
   */
  watch(folders: CgroupFolders): void {
    this.#folders = folders;
    this.#oom = new OomWatch(this.reactor, oomCounter(folders), this.onOom);
  }

  /** Ends the telling of OOMs, after a last look: what has killed the container's last process was before its end. */
  unwatch(): void {
    this.#oom?.close();
  }

  /** Whether there is one; false as soon as it is removed: systemd removes that of a scope with its last process. */
  get isThere(): boolean {
    return this.#folders !== undefined && isThere(this.#folders.processes!);
  }

  /** Whether it is, or was, one of cgroup v2: there SIGKILL ends also what is frozen. */
  get isUnified(): boolean {
    return this.#folders?.unified !== undefined;
  }

  /** The pids in it and in all cgroups below it; none where it is gone. */
  get pids(): number[] {
    return this.#folders === undefined ? [] : pidsIn(this.#folders.processes!);
  }

  /** Whether its processes are frozen, or about to be; undefined where it is gone, or can't freeze any. */
  get isFrozen(): boolean | undefined {
    const freezer = this.#freezer;
    const state = freezer && unlessMissing(() => readText(freezer.file));
    return state === undefined ? undefined : state.trim() !== freezer!.thawed;
  }

  /**
   * Lets its processes go on, where they are frozen; does nothing where it is gone.
   * @throws {SystemError} where the kernel refuses it.
   */
  thaw(): void {
    const freezer = this.#freezer;
    if (freezer && this.isFrozen) unlessMissing(() => writeText(freezer.file, freezer.thawed));
  }

  get #freezer(): Freezer | undefined {
    const unified = this.#folders?.unified;
    if (unified !== undefined) return { file: join(unified, "cgroup.freeze"), thawed: "0" };
    const folder = this.#folders?.controller("freezer");
    if (folder === undefined) return undefined;
    return { file: join(folder, "freezer.state"), thawed: "THAWED" };
  }

  /** What it uses, and its limits, as the answer of Stats; undefined where it is gone. */
  get stats(): Any.Properties | undefined {
    const stats = this.#folders && readStats(this.#folders);
    // Asked for behind it: what is read while it goes away is only a part.
    return this.isThere ? stats : undefined;
  }
}
