/** Tells when a container has run out of memory. */
import { close, orClose } from "../../shim/libc/mod.ts";
import type { Reactor } from "../../shim/mod.ts";

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
