/** OOMs in cgroup v1. */
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
 * Counts the signals of cgroup v1 (admin-guide/cgroup-v1/memory, OOM Control): the kernel adds to an eventfd when the cgroup or one
 * above it runs out of memory, before it kills a process. When the cgroup is removed it adds to it once, too.
 */
export class OomSignals implements OomCounter {
  readonly events = EpollEvent.IN;
  readonly #signals = new EventFd();
  #isRemoved = false;

  /** @throws {SystemError} If the cgroup is gone. */
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
    // The kernel removes the files before it signals the removal: as long as they are there, every signal is an OOM. Once they are
    // gone, one signal is the removal's, here or among those to come; it is taken off here.
    this.#isRemoved = !isThere(join(this.folder, "memory.oom_control"));
    return this.#isRemoved ? count - 1 : count;
  }
}
