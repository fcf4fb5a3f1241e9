/** How cgroup v2 tells that memory has run out. */
import { EpollEvent, open, OpenFlag, readAgain } from "../../shim/libc/mod.ts";
import type { OomCounter } from "./oom_watch.ts";
import { parseFlatKeyed } from "./stat_files.ts";

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
