/** One epoll loop for all raw descriptors of the shim. */
import type { Logger } from "../common/mod.ts";
import { Epoll, EpollEvent, EventFd } from "../libc/mod.ts";

/** Called with the {@linkcode EpollEvent}s a descriptor is ready for. It should not throw: see {@linkcode Reactor}. */
export type ReadyListener = (events: number) => void;

/** One that watches a descriptor. */
interface Watch {
  /** Another one for each watch, so that a descriptor's number can have had other owners. */
  readonly generation: number;
  readonly listener: ReadyListener;
}

/**
 * Tells listeners when their descriptors are ready. While anything is watched, one thread of Deno's pool waits in epoll_wait(2);
 * while nothing is, there is none.
 *
 * A listener that throws is logged, and its descriptor is watched no more: what made it ready is mostly still there, so that it would
 * be called again at once and without end. All others go on.
 */
export class Reactor {
  readonly #epoll = new Epoll();
  /** Ends a wait for which there is nothing left to watch. */
  readonly #wakeup = new EventFd();
  readonly #watches = new Map<number, Watch>();
  #generation = 0;
  #running = false;

  constructor(private readonly logger: Pick<Logger, "error">) {
    this.#epoll.add(this.#wakeup.descriptor, EpollEvent.IN, this.#generation);
  }

  /** Calls `listener` whenever one of `events` holds for the descriptor, until {@linkcode unwatch}. */
  watch(descriptor: number, events: number, listener: ReadyListener): void {
    const generation = this.#generation = (this.#generation + 1) >>> 0;
    this.#epoll.add(descriptor, events, generation);
    this.#watches.set(descriptor, { generation, listener });
    if (!this.#running) this.#run();
  }

  /** Ends watching. To be called before the descriptor is closed. */
  unwatch(descriptor: number): void {
    if (!this.#watches.delete(descriptor)) return;
    this.#epoll.remove(descriptor);
    if (this.#watches.size === 0) this.#wakeup.add();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#watches.size > 0) {
      for (const { descriptor, generation, events } of await this.#epoll.wait()) {
        if (descriptor === this.#wakeup.descriptor) this.#wakeup.take();
        else this.#tell(descriptor, generation, events);
      }
    }
    this.#running = false;
  }

  #tell(descriptor: number, generation: number, events: number): void {
    const watch = this.#watches.get(descriptor);
    // A listener called before in this round may have unwatched it, and closed it, and another may own its number by now.
    if (watch?.generation !== generation) return;
    try {
      watch.listener(events);
    } catch (error) {
      this.logger.error("a listener has failed, and is called no more", {
        descriptor,
        error: error instanceof Error ? error.stack : error,
      });
      if (this.#watches.get(descriptor) === watch) this.#giveUp(descriptor);
    }
  }

  #giveUp(descriptor: number): void {
    try {
      this.unwatch(descriptor);
    } catch {
      // Closed already, it is watched no more.
    }
  }
}
