/** One epoll loop for all raw descriptors of the shim. */
import { Epoll, EpollEvent, Wakeup } from "./libc/mod.ts";

/** Called with the {@linkcode EpollEvent}s a descriptor is ready for. It must not throw. */
export type ReadyListener = (events: number) => void;

/**
 * Tells listeners when their descriptors are ready. While anything is watched, one thread of Deno's pool waits in epoll_wait(2);
 * while nothing is, there is none.
 */
export class Reactor {
  readonly #epoll = new Epoll();
  readonly #wakeup = new Wakeup();
  readonly #listeners = new Map<number, ReadyListener>();
  #running = false;

  constructor() {
    this.#epoll.add(this.#wakeup.descriptor, EpollEvent.IN);
  }

  /** Calls `listener` whenever one of `events` holds for the descriptor, until {@linkcode unwatch}. */
  watch(descriptor: number, events: number, listener: ReadyListener): void {
    this.#epoll.add(descriptor, events);
    this.#listeners.set(descriptor, listener);
    if (!this.#running) this.#run();
  }

  /** Changes the events. 0 leaves only what the kernel always tells: errors and hang-ups. */
  change(descriptor: number, events: number): void {
    this.#epoll.modify(descriptor, events);
  }

  /** Ends watching. To be called before the descriptor is closed. */
  unwatch(descriptor: number): void {
    if (!this.#listeners.delete(descriptor)) return;
    this.#epoll.remove(descriptor);
    if (this.#listeners.size === 0) this.#wakeup.wake();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#listeners.size > 0) {
      for (const { descriptor, events } of await this.#epoll.wait()) {
        if (descriptor === this.#wakeup.descriptor) this.#wakeup.clear();
        // A listener called before in this round may have unwatched it.
        else this.#listeners.get(descriptor)?.(events);
      }
    }
    this.#running = false;
  }
}
