/** The writing side of a relay. */
import { close, EpollEvent, growPipe } from "../libc/mod.ts";
import type { Reactor } from "../process/mod.ts";
import { TARGET_FULL, type Transfer } from "./transfer.ts";

const PIPE_BYTES = 1 << 20;

/** What a relay writes to; it belongs to one relay. */
export interface Target {
  /**
   * Takes some bytes from a source.
   * @returns The same as a {@linkcode Transfer}.
   * @throws {SystemError} The same as a {@linkcode Transfer}.
   */
  take(source: number): number;
  /** After {@linkcode TARGET_FULL}: calls the listener, once, when the target may take more. */
  whenRoom(listener: () => void): void;
  /** Closes the target, whatever it has not written yet, and calls no listener any more. Nothing may be called after it. */
  close(): void;
}

/** A target that is a descriptor for which epoll(7) tells when there is room: a pipe, a FIFO, or a terminal. */
export class DescriptorTarget implements Target {
  #grown = false;
  #awaitsRoom = false;

  /**
   * @param descriptor It must be nonblocking; the target closes it.
   * @param transfer Moves bytes into the descriptor.
   * @param closeDescriptor Closes the descriptor.
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
    // Most containers never write so much that a larger pipe would help, so the pipes grow only when they are full.
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
