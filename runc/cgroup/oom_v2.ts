/** OOMs in cgroup v2. */
import { EpollEvent, open, OpenFlag, readAgain } from "../../shim/libc/mod.ts";
import type { OomCounter } from "./oom_watch.ts";
import { parseFlatKeyed } from "./stat_files.ts";

/** Watches a key of a flat keyed file of cgroup v2: whenever its value is found to have grown, by whatever amount, it counts one. */
export class GrowingKey implements OomCounter {
  readonly descriptor: number;
  /** poll(2) reports a change of the file. inotify would too, but a user may have no more than 128 instances of it. */
  readonly events = EpollEvent.PRIORITY;
  #value: bigint;

  /** @throws {SystemError} If there is no such file. */
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
      // The cgroup is gone (ENODEV); there is no other reason.
      return undefined;
    }
  }
}
