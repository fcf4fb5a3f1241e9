/** One epoll loop for all raw descriptors of the shim. */
import type { Logger } from "../common/mod.ts";
import { Epoll, EpollEvent, EventFd, type Ready } from "../libc/mod.ts";

/**
 * An event that has come sooner than this, in ms, is taken for one of many: somebody talks with a process, or bytes stream. A wait in a
 * thread costs two wake-ups, the thread's and then JavaScript's, which take several times as long as to carry a byte.
 */
const BRISK_MS = 0.2;
/** How long the next event is looked for then, in ms: for less than a wait in a thread would cost. */
const LINGER_MS = 0.05;
/** How long that may go on, in ms, until everything else of the shim has its turn. */
const TURN_MS = 0.25;

/** Is called with the {@linkcode EpollEvent}s for which a descriptor is ready. It should not throw, see {@linkcode Reactor}. */
export type ReadyListener = (events: number) => void;

/** What is kept of a descriptor that is watched. */
interface Watch {
  /** Differs for each watch: a descriptor's number may have belonged to another one before. */
  readonly generation: number;
  readonly listener: ReadyListener;
}

/**
 * Calls listeners when their descriptors are ready. While any is watched, a thread of Deno's pool waits in epoll_wait(2), but for moments
 * behind events that come close together; otherwise there is no such thread.
 *
 * The error of a listener that throws is logged, and its descriptor is watched no more: it is likely to be ready still, so that the
 * listener would be called again at once and without end. All others go on.
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

  /** Ends watching; must be called before the descriptor is closed. */
  unwatch(descriptor: number): void {
    if (!this.#watches.delete(descriptor)) return;
    this.#epoll.remove(descriptor);
    if (this.#watches.size === 0) this.#wakeup.add();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#watches.size > 0) {
      const began = performance.now();
      this.#tellAll(await this.#epoll.wait());
      if (performance.now() - began < BRISK_MS) this.#linger();
    }
    this.#running = false;
  }

  /** Looks for events in the only thread, until for a while there was none, or others are to have their turn. */
  #linger(): void {
    const begin = performance.now();
    let last = begin;
    for (let now = begin; now - last < LINGER_MS && now - begin < TURN_MS;) {
      const ready = this.#epoll.look();
      this.#tellAll(ready);
      now = performance.now();
      if (ready.length > 0) last = now;
    }
  }

  #tellAll(ready: readonly Ready[]): void {
    for (const { descriptor, generation, events } of ready) {
      if (descriptor === this.#wakeup.descriptor) this.#wakeup.take();
      else this.#tell(descriptor, generation, events);
    }
  }

  #tell(descriptor: number, generation: number, events: number): void {
    const watch = this.#watches.get(descriptor);
    // An earlier listener of this round may have unwatched and closed the descriptor, and its number may be another one's by now.
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
      // The descriptor is closed already, and so watched no more.
    }
  }
}
