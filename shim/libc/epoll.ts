/** Waiting for descriptors to be ready (epoll(7)). */
import { check, symbols } from "./library.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

/**
 * The events for which a descriptor is watched, and those that are reported; EPOLLERR and EPOLLHUP are reported unasked. With EDGE an
 * event is reported once when it begins to hold, and not as long as it holds.
 */
export const EpollEvent = {
  IN: 0x1,
  PRIORITY: 0x2,
  OUT: 0x4,
  EDGE: 0x8000_0000,
} as const;

/** A descriptor that is ready. */
export interface Ready {
  readonly descriptor: number;
  /** What was given to {@linkcode Epoll.add}. */
  readonly generation: number;
  /** The {@linkcode EpollEvent}s for which it is ready. */
  readonly events: number;
}

// struct epoll_event is packed on x86-64 (data at byte 4, 12 in all) and padded elsewhere (data at byte 8, 16 in all).
const DATA_OFFSET = Deno.build.arch === "x86_64" ? 4 : 8;
const EVENT_BYTES = DATA_OFFSET + 8;
const MAX_EVENTS = 64;

const NOTHING: readonly Ready[] = [];

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
   * @param generation A number of 32 bits that comes back with each event. It tells an event of the descriptor from one that was
   * fetched for an earlier descriptor with the same number.
   */
  add(descriptor: number, events: number, generation: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, events, generation);
  }

  /** Ends watching a descriptor; must be called before the descriptor is closed. */
  remove(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor, 0, 0);
  }

  /** Waits in a thread of Deno's pool, without a bound, until something is ready. If the wait is interrupted, nothing is. */
  async wait(): Promise<readonly Ready[]> {
    const count = await symbols.epoll_wait_nonblocking(
      this.#descriptor,
      this.#ready.buffer,
      MAX_EVENTS,
      -1,
    );
    return this.#readyOnes(count);
  }

  /** What is ready now. */
  look(): readonly Ready[] {
    return this.#readyOnes(
      symbols.epoll_wait(this.#descriptor, this.#ready.buffer, MAX_EVENTS, 0),
    );
  }

  /** @param count What epoll_wait(2) has returned. Of its errors only EINTR is possible. */
  #readyOnes(count: number): readonly Ready[] {
    if (count <= 0) return NOTHING;
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
