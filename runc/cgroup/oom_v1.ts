/** How cgroup v1 tells that memory has run out. */
import { join } from "@std/path/posix";
import {
  close,
  EpollEvent,
  EventFd,
  isThere,
  open,
  OpenFlag,
  writeText,
} from "../../shim/libc/mod.ts";
import type { OomCounter } from "./oom_watch.ts";

/**
 * The signals of cgroup v1 (admin-guide/cgroup-v1/memory, OOM Control): an eventfd that is counted up when the cgroup or one above
 * it runs out of memory, before anything is killed. The cgroup's removal, too, counts it up, once.
 */
export class OomSignals implements OomCounter {
  readonly events = EpollEvent.IN;
  readonly #signals = new EventFd();
  #isRemoved = false;

  /** @throws {SystemError} */
  constructor(private readonly folder: string) {
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

  get descriptor(): number {
    return this.#signals.descriptor;
  }

  take(): number {
    const count = this.#signals.take();
    if (count === 0 || this.#isRemoved) return count;
    // The kernel removes the files before it signals: as long as they are there, all signals are of memory. Once they are not, one
    // is of the removal: if it is not among these, it is the last of those to come.
    this.#isRemoved = !isThere(join(this.folder, "memory.oom_control"));
    return this.#isRemoved ? count - 1 : count;
  }
}
