/** The cgroup of a container. */
import type { Any } from "../../proto/mod.ts";
import { isThere } from "../../shim/libc/mod.ts";
import type { Reactor } from "../../shim/mod.ts";
import type { CgroupFolders } from "./folders.ts";
import { Freezer } from "./freezer.ts";
import { oomCounter } from "./oom.ts";
import { OomWatch } from "./oom_watch.ts";
import { pidsIn } from "./processes.ts";

/**
 * The cgroup of a container. It may be removed at any moment, also while it is read. Then everything here answers as for a container
 * that has none; so it does before {@linkcode Cgroup.watch}, too.
 */
export class Cgroup {
  #folders: CgroupFolders | undefined;
  #oom: OomWatch | undefined;

  /** @param onOom Called for each OOM of the container; it must not throw. */
  constructor(private readonly reactor: Reactor, private readonly onOom: () => void) {}

  /**
   * Takes the folders of the container's cgroup, once there is one, and reports its OOMs from now on.
   * @throws {Error} If OOMs can't be watched, since there is no memory controller, or the cgroup is gone. All else works then.
   */
  watch(folders: CgroupFolders): void {
    this.#folders = folders;
    this.#oom = new OomWatch(this.reactor, oomCounter(folders), this.onOom);
  }

  /** Reports the OOMs that have come by now, and no others: the one that has ended the container may be among them. */
  reportLast(): void {
    this.#oom?.end();
  }

  /** {@linkcode reportLast}, and closes what {@linkcode watch} has opened. */
  unwatch(): void {
    this.#oom?.close();
  }

  /** Whether the container has a cgroup. It may lose it: systemd removes that of a scope with the scope's last process. */
  get isThere(): boolean {
    return this.#folders !== undefined && isThere(this.#folders.processes!);
  }

  /** Whether it is, or was, one of cgroup v2. There SIGKILL ends frozen processes, too. */
  get isUnified(): boolean {
    return this.#folders?.unified !== undefined;
  }

  /** The pids in it and in all cgroups below it; none if it is gone. */
  get pids(): number[] {
    return this.#folders === undefined ? [] : pidsIn(this.#folders.processes!);
  }

  /** What freezes and thaws its processes; undefined if it has no freezer. */
  get freezer(): Freezer | undefined {
    return this.#folders && Freezer.of(this.#folders);
  }

  /** Whether its processes are frozen, or about to be; undefined if it is gone, or has no freezer. */
  get isFrozen(): boolean | undefined {
    return this.freezer?.isFrozen;
  }

  /**
   * Thaws its processes if they are frozen; does nothing if it is gone.
   * @throws {SystemError} If the kernel refuses it.
   */
  thaw(): void {
    const { freezer } = this;
    if (freezer?.isFrozen) freezer.thaw();
  }

  /** Its statistics and limits, as Stats answers them; undefined if it is gone. */
  async stats(): Promise<Any.Properties | undefined> {
    const { readStats } = await import("./stats.ts");
    const stats = this.#folders && readStats(this.#folders);
    // If it was removed meanwhile, only a part of the files could be read.
    return this.isThere ? stats : undefined;
  }
}
