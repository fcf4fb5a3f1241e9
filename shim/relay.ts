/** Carries bytes from one descriptor to another. */
import { close, EpollEvent, Errno, growPipe, SystemError, unreadBytes } from "./libc/mod.ts";
import type { Reactor } from "./reactor.ts";
import { SOURCE_EMPTY, TARGET_FULL, type Transfer } from "./transfer.ts";

const PIPE_BYTES = 1 << 20;
/** After so many transfers in a row the other relays get their turn. */
const TURNS = 16;

/** What a relay carries, and how; both descriptors are nonblocking, belong to the relay and are closed at its end. */
export interface RelayOptions {
  readonly source: number;
  readonly target: number;
  readonly transfer: Transfer;
  /**
   * The source is a terminal: nobody has it open while reading fails with EIO, but somebody may open it again until
   * {@linkcode Relay.expectEnd}.
   */
  readonly fromTerminal?: boolean;
}

/**
 * Moves all that comes from a source to a target until the source ends, the target has no reader any more, or
 * {@linkcode Relay.close}.
 *
 * It watches the source for input, or, while the target is full, the target for room: never both, since a source that has hung up
 * would wake the loop without end. For the same reason a terminal is watched for changes only (EPOLLET).
 */
export class Relay {
  readonly #ended = Promise.withResolvers<void>();
  #waitsFor: "source" | "target" | "nothing" = "nothing";
  #endExpected = false;
  #grown = false;
  #moves = 0;

  constructor(private readonly reactor: Reactor, private readonly options: RelayOptions) {
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

  /** How many bytes wait in the source; at least one while the target is full. */
  get unread(): number {
    return this.hasEnded ? 0 : Math.max(unreadBytes(this.options.source), this.blocked ? 1 : 0);
  }

  /** Moves what is there now, without waiting to be told of it. */
  move(): void {
    if (this.#waitsFor === "source" && this.unread > 0) this.#move();
  }

  /**
   * A terminal ends from now on when all that was written to it is read: with its process, the leader of its session, it has hung up
   * for every other process as well (and a read waits for what the kernel still has on the way, n_tty_read in n_tty.c).
   */
  expectEnd(): void {
    if (!this.options.fromTerminal) return;
    this.#endExpected = true;
    if (this.#waitsFor === "source") this.#move();
  }

  /** Ends it now, whatever is still in the source. */
  close(): void {
    if (this.hasEnded) return;
    this.#watch("nothing");
    close(this.options.source);
    close(this.options.target);
    this.#ended.resolve();
  }

  #watch(what: "source" | "target" | "nothing"): void {
    const { source, target, fromTerminal } = this.options;
    if (this.#waitsFor === "source") this.reactor.unwatch(source);
    if (this.#waitsFor === "target") this.reactor.unwatch(target);
    this.#waitsFor = what;
    const input = EpollEvent.IN | (fromTerminal ? EpollEvent.EDGE : 0);
    if (what === "source") this.reactor.watch(source, input, () => this.#move());
    if (what === "target") {
      this.reactor.watch(target, EpollEvent.OUT, () => {
        this.#watch("source");
        // Of what the transfer has read already no source tells.
        this.#move();
      });
    }
  }

  #move(): void {
    const { source, target, transfer, fromTerminal } = this.options;
    try {
      for (let turn = 0; turn < TURNS; turn++) {
        const moved = transfer(source, target);
        if (moved === 0 || (moved === SOURCE_EMPTY && this.#endExpected)) return this.close();
        if (moved === SOURCE_EMPTY) return;
        if (moved === TARGET_FULL) return this.#grown ? this.#watch("target") : this.#growPipes();
        this.#moves++;
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.errno === Errno.EIO && fromTerminal && !this.#endExpected) return;
      // The target's reader has gone, so that nobody wants the rest, or the terminal has ended.
      return this.close();
    }
    // Told of only once, a terminal must be asked again.
    if (fromTerminal) this.#watch("source");
  }

  /** Most containers never write so much that larger pipes would help, so they are made larger when it happens. */
  #growPipes(): void {
    this.#grown = true;
    growPipe(this.options.source, PIPE_BYTES);
    growPipe(this.options.target, PIPE_BYTES);
    this.#move();
  }
}
