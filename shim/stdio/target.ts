/** What a relay writes to. */
import { close, EpollEvent, growPipe } from "../libc/mod.ts";
import type { Reactor } from "../process/mod.ts";
import { TARGET_FULL, type Transfer } from "./transfer.ts";

const PIPE_BYTES = 1 << 20;

/** What a relay writes to, which it has for itself. */
export interface Target {
  /**
   * Takes some bytes from a source.
   * @returns As a {@linkcode Transfer}.
   * @throws {SystemError}
   */
  take(source: number): number;
  /** Calls the listener, once, when it may take more. To be called after {@linkcode TARGET_FULL}. */
  whenRoom(listener: () => void): void;
  /** Closes it, whatever it has not written yet, and calls no listener any more. To be called once, and nothing after it. */
  close(): void;
}

/** A pipe, a FIFO, a terminal: what is written without waiting, and tells by epoll(7) when there is room. */
export class DescriptorTarget implements Target {
  #grown = false;
  #awaitsRoom = false;

  /**
   * @param descriptor Nonblocking; is closed at the end.
   * @param transfer How bytes come into it.
   * @param closeDescriptor How it is closed.
   */
  constructor(
    private readonly reactor: Reactor,
    private readonly descriptor: number,
    private readonly transfer: Transfer,
    private readonly closeDescriptor: (descriptor: number) => void = close,
  ) {}

  take(source: number): number {
    const moved = this.transfer(source, this.descriptor);
    if (moved !== TARGET_FULL || this.#grown) return moved;
    // Most containers never write so much that larger pipes would help, so they are made larger when it happens.
    this.#grown = true;
    growPipe(source, PIPE_BYTES);
    growPipe(this.descriptor, PIPE_BYTES);
    return this.transfer(source, this.descriptor);
  }

  whenRoom(listener: () => void): void {
    this.#awaitsRoom = true;
    this.reactor.watch(this.descriptor, EpollEvent.OUT, () => {
      this.#unwatch();
      listener();
    });
  }

  #unwatch(): void {
    if (this.#awaitsRoom) this.reactor.unwatch(this.descriptor);
    this.#awaitsRoom = false;
  }

  close(): void {
    this.#unwatch();
    this.closeDescriptor(this.descriptor);
  }
}
