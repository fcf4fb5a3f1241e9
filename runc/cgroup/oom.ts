/** Tells when a container has run out of memory. */
import { join } from "@std/path/posix";
import {
  close,
  EpollEvent,
  isThere,
  open,
  OpenFlag,
  orClose,
  read,
  readAgain,
  Wakeup,
  writeText,
} from "../../shim/libc/mod.ts";
import type { Reactor } from "../../shim/mod.ts";
import type { CgroupFolders } from "./folders.ts";
import { parseFlatKeyed } from "./stat_files.ts";

/** Counts how often a cgroup has run out of memory. */
export interface OomCounter {
  readonly descriptor: number;
  /** The events for which the descriptor is ready when there is something to count. */
  readonly events: number;
  /** How often it was since the last call; undefined when the cgroup is gone, and there will be nothing more. */
  take(): number | undefined;
}

/**
 * Calls back whenever a cgroup has run out of memory, until {@linkcode OomWatch.close}. The shim's reactor watches, without a thread
 * of its own.
 */
export class OomWatch {
  #isOpen = true;

  /**
   * @param counter Its descriptor is closed at the end.
   * @param onOom Must not throw.
   */
  constructor(
    private readonly reactor: Reactor,
    private readonly counter: OomCounter,
    private readonly onOom: () => void,
  ) {
    const { descriptor, events } = counter;
    orClose(descriptor, () => reactor.watch(descriptor, events, () => this.#tell()));
  }

  #tell(): void {
    const count = this.counter.take();
    if (count === undefined) return this.#release();
    for (let told = 0; told < count; told++) this.onOom();
  }

  #release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.reactor.unwatch(this.counter.descriptor);
    close(this.counter.descriptor);
  }

  /** Ends it, after a last look: what has killed the container's last process was before its end. */
  close(): void {
    if (this.#isOpen) this.#tell();
    this.#release();
  }
}

/**
 * The counter for a container.
 * @throws {Error} where the host, or the container, has no memory controller.
 */
export function oomCounter(cgroup: CgroupFolders): OomCounter {
  if (cgroup.unified !== undefined) {
    return new GrowingKey(join(cgroup.unified, "memory.events"), "oom_kill");
  }
  const folder = cgroup.controller("memory");
  if (folder === undefined) throw new Error("the cgroup controller memory is not mounted");
  return new OomSignals(folder);
}

/**
 * The signals of cgroup v1 (admin-guide/cgroup-v1/memory, OOM Control): an eventfd that is counted up when the cgroup or one above
 * it runs out of memory, before anything is killed. The cgroup's removal, too, counts it up, once.
 */
export class OomSignals implements OomCounter {
  readonly descriptor: number;
  readonly events = EpollEvent.IN;
  readonly #count = new BigUint64Array(1);
  #isRemoved = false;

  /** @throws {SystemError} */
  constructor(private readonly folder: string) {
    this.descriptor = new Wakeup().descriptor;
    try {
      const control = open(join(folder, "memory.oom_control"), OpenFlag.RDONLY);
      try {
        writeText(join(folder, "cgroup.event_control"), `${this.descriptor} ${control}`);
      } finally {
        close(control);
      }
    } catch (error) {
      close(this.descriptor);
      throw error;
    }
  }

  take(): number {
    if (read(this.descriptor, new Uint8Array(this.#count.buffer)) === -1) return 0;
    const count = Number(this.#count[0]);
    if (this.#isRemoved) return count;
    // The kernel removes the files before it signals: as long as they are there, all signals are of memory. Once they are not, one
    // is of the removal: if it is not among these, it is the last of those to come.
    this.#isRemoved = !isThere(join(this.folder, "memory.oom_control"));
    return this.#isRemoved ? count - 1 : count;
  }
}

/** A key of a flat keyed file of cgroup v2. Each time that it is found grown counts once, by however much it has. */
export class GrowingKey implements OomCounter {
  readonly descriptor: number;
  /** Not by inotify: of that a user may have no more than 128 instances. */
  readonly events = EpollEvent.PRIORITY;
  #value: bigint;

  /** @throws {SystemError} */
  constructor(path: string, private readonly key: string) {
    this.descriptor = open(path, OpenFlag.RDONLY);
    this.#value = this.#read() ?? 0n;
  }

  take(): number | undefined {
    const value = this.#read();
    if (value === undefined) return undefined;
    const isGrown = value > this.#value;
    this.#value = value;
    return isGrown ? 1 : 0;
  }

  #read(): bigint | undefined {
    try {
      return parseFlatKeyed(readAgain(this.descriptor), { value: this.key }).value ?? 0n;
    } catch {
      // ENODEV, as the kernel has no other reason.
      return undefined;
    }
  }
}
