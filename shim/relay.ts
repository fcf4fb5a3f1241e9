/** Carries bytes from one pipe or FIFO to another inside the kernel, by splice(2). */
import { close, EpollEvent, Errno, growPipe, splice, SystemError } from "./libc/mod.ts";
import type { Reactor } from "./reactor.ts";

const PIPE_BYTES = 1 << 20;
/** After so many splices in a row the other relays get their turn. */
const TURNS = 16;

/**
 * Moves all that comes from `source` to `target`, both nonblocking, until the source ends, the target has no reader any more, or
 * {@linkcode close}. Both descriptors belong to the relay and are closed at its end.
 *
 * It watches the source for input, or, while the target is full, the target for room: never both, since a source that has hung up
 * would wake the loop without end.
 */
export class Relay {
  readonly #ended = Promise.withResolvers<void>();
  #waitsFor: "source" | "target" | "nothing" = "nothing";
  #grown = false;
  #moves = 0;

  constructor(
    private readonly reactor: Reactor,
    private readonly source: number,
    private readonly target: number,
  ) {
    this.#watch("source");
  }

  /** Resolves when both descriptors are closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether both descriptors are closed. */
  get hasEnded(): boolean {
    return this.#waitsFor === "nothing";
  }

  /** Grows while bytes are moved. */
  get moves(): number {
    return this.#moves;
  }

  /** Whether there is data that the target's reader has not made room for. */
  get blocked(): boolean {
    return this.#waitsFor === "target";
  }

  /** Ends it now, whatever is still in the source. */
  close(): void {
    if (this.#waitsFor === "nothing") return;
    this.#watch("nothing");
    close(this.source);
    close(this.target);
    this.#ended.resolve();
  }

  #watch(what: "source" | "target" | "nothing"): void {
    if (this.#waitsFor === "source") this.reactor.unwatch(this.source);
    if (this.#waitsFor === "target") this.reactor.unwatch(this.target);
    this.#waitsFor = what;
    if (what === "source") this.reactor.watch(this.source, EpollEvent.IN, () => this.#move());
    if (what === "target") {
      this.reactor.watch(this.target, EpollEvent.OUT, () => this.#watch("source"));
    }
  }

  #move(): void {
    try {
      for (let turn = 0; turn < TURNS; turn++) {
        const moved = splice(this.source, this.target, PIPE_BYTES);
        if (moved === 0) return this.close();
        if (moved > 0) {
          this.#moves++;
          continue;
        }
        // The source was ready: when the first splice moves nothing, it is the target that is full.
        if (turn > 0) return;
        if (this.#grown) return this.#watch("target");
        return this.#growPipes();
      }
    } catch (error) {
      // Its reader has gone, nobody wants the rest.
      if (error instanceof SystemError && error.errno === Errno.EPIPE) return this.close();
      throw error;
    }
  }

  /** Most containers never write so much that larger pipes would help, so they are made larger when it happens. */
  #growPipes(): void {
    this.#grown = true;
    growPipe(this.source, PIPE_BYTES);
    growPipe(this.target, PIPE_BYTES);
  }
}
