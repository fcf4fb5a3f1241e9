/** Watches for OOMs: moments at which a container has run out of memory. */
import { close, orClose } from "../../shim/libc/mod.ts";
import type { Reactor } from "../../shim/mod.ts";

/** Counts the OOMs of a cgroup. */
export interface OomCounter {
  readonly descriptor: number;
  /** The {@linkcode EpollEvent}s for which the descriptor is ready when there may be OOMs to count. */
  readonly events: number;
  /** How many OOMs there were since the last call; undefined if the cgroup is gone, so that there will be no more. */
  take(): number | undefined;
}

/** Calls back for each OOM of a cgroup, until {@linkcode OomWatch.end}. */
export class OomWatch {
  #isOpen = true;
  #hasEnded = false;

  /**
   * @param counter The watch closes its descriptor.
   * @param onOom Called for each OOM; it must not throw.
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
    if (this.#hasEnded) return;
    for (let told = 0; told < count; told++) this.onOom();
  }

  #release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.reactor.unwatch(this.counter.descriptor);
    close(this.counter.descriptor);
  }

  /** Calls back for OOMs that the reactor has not reported yet, and then for no more. */
  end(): void {
    if (this.#isOpen) this.#tell();
    this.#hasEnded = true;
  }

  /** {@linkcode end}, and closes the descriptor. */
  close(): void {
    this.end();
    this.#release();
  }
}
