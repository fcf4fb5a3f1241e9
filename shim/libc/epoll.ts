/** Waiting for descriptors to be ready (epoll(7)). */
import { check, symbols } from "./library.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

/**
 * What to watch a descriptor for, and what came: EPOLLERR and EPOLLHUP come unasked. With EDGE they come when they begin to hold, and
 * not as long as they do.
 */
export const EpollEvent = {
  IN: 0x1,
  PRIORITY: 0x2,
  OUT: 0x4,
  EDGE: 0x8000_0000,
} as const;

/** One descriptor that is ready, and the {@linkcode EpollEvent}s it is ready for. */
export interface Ready {
  readonly descriptor: number;
  /** As it was given to {@linkcode Epoll.add}. */
  readonly generation: number;
  readonly events: number;
}

// struct epoll_event is packed on x86-64 (data at byte 4, 12 in all) and padded elsewhere (data at byte 8, 16 in all).
const DATA_OFFSET = Deno.build.arch === "x86_64" ? 4 : 8;
const EVENT_BYTES = DATA_OFFSET + 8;
const MAX_EVENTS = 64;

/** An epoll instance. */
export class Epoll {
  readonly #descriptor = check(symbols.epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  readonly #event = new DataView(new ArrayBuffer(EVENT_BYTES));
  readonly #ready = new DataView(new ArrayBuffer(EVENT_BYTES * MAX_EVENTS));

  #control(operation: number, descriptor: number, events: number, generation: number): void {
    this.#event.setUint32(0, events, true);
    this.#event.setInt32(DATA_OFFSET, descriptor, true);
    this.#event.setUint32(DATA_OFFSET + 4, generation, true);
    check(
      symbols.epoll_ctl(this.#descriptor, operation, descriptor, this.#event.buffer),
      "epoll_ctl",
    );
  }

  /**
   * Begins to watch a descriptor, level-triggered where EDGE is not asked for.
   * @param generation Comes back with the events, 32 bits of it: what was fetched for an earlier owner of the descriptor's number can
   * be told by it.
   */
  add(descriptor: number, events: number, generation: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, events, generation);
  }

  /** Ends watching a descriptor. To be called before it is closed. */
  remove(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor, 0, 0);
  }

  /** Waits in a thread of Deno's pool, as long as it takes, until something is ready. An interrupted wait is an empty list. */
  async wait(): Promise<Ready[]> {
    const count = await symbols.epoll_wait_nonblocking(
      this.#descriptor,
      this.#ready.buffer,
      MAX_EVENTS,
      -1,
    );
    // errno belongs to the pool's thread and can't be asked for here; of epoll_wait(2)'s errors only EINTR can happen.
    const ready: Ready[] = [];
    for (let index = 0; index < count; index++) {
      const offset = index * EVENT_BYTES;
      ready.push({
        descriptor: this.#ready.getInt32(offset + DATA_OFFSET, true),
        generation: this.#ready.getUint32(offset + DATA_OFFSET + 4, true),
        events: this.#ready.getUint32(offset, true),
      });
    }
    return ready;
  }
}
