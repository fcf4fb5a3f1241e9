/** Carries bytes from one descriptor to another. */
import { close, EpollEvent, Errno, SystemError, unreadBytes } from "../libc/mod.ts";
import type { Reactor } from "../process/mod.ts";
import type { Target } from "./target.ts";
import { SOURCE_EMPTY, TARGET_FULL } from "./transfer.ts";

/** After so many transfers in a row the other relays get their turn. */
const TURNS = 16;

/** What a relay carries, and where to; both belong to the relay and are closed at its end. */
export interface RelayOptions {
  /** Nonblocking. */
  readonly source: number;
  readonly target: Target;
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
 * While the target is full the source is not watched for longer than until it has something to tell: one that has hung up would wake
 * the loop without end. For the same reason a terminal is watched for changes only (EPOLLET).
 */
export class Relay {
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;
  #watchesSource = false;
  #awaitsRoom = false;
  #endExpected = false;
  #moves = 0;

  constructor(private readonly reactor: Reactor, private readonly options: RelayOptions) {
    this.#watchSource();
  }

  /** Resolves when both are closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether both are closed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Grows while bytes are moved. */
  get moves(): number {
    return this.#moves;
  }

  /** Whether there is data that the target has no room for, or has not written yet. */
  get blocked(): boolean {
    return this.#awaitsRoom;
  }

  /** How many bytes wait in the source; at least one while the target is full. */
  get unread(): number {
    return this.hasEnded ? 0 : Math.max(unreadBytes(this.options.source), this.blocked ? 1 : 0);
  }

  /** Moves what is there now, without waiting to be told of it. */
  move(): void {
    if (!this.hasEnded && !this.#awaitsRoom && this.unread > 0) this.#move();
  }

  /**
   * A terminal ends from now on when all that was written to it is read: with its process, the leader of its session, it has hung up
   * for every other process as well (and a read waits for what the kernel still has on the way, n_tty_read in n_tty.c).
   */
  expectEnd(): void {
    if (!this.options.fromTerminal) return;
    this.#endExpected = true;
    if (!this.hasEnded && !this.#awaitsRoom) this.#move();
  }

  /** Ends it now, whatever is still in the source. */
  close(): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    this.#awaitsRoom = false;
    this.#unwatchSource();
    close(this.options.source);
    this.options.target.close();
    this.#ended.resolve();
  }

  #watchSource(): void {
    if (this.#watchesSource) return;
    this.#watchesSource = true;
    const { source, fromTerminal } = this.options;
    const events = EpollEvent.IN | (fromTerminal ? EpollEvent.EDGE : 0);
    this.reactor.watch(source, events, () => {
      if (this.#awaitsRoom) this.#unwatchSource();
      else this.#move();
    });
  }

  #unwatchSource(): void {
    if (this.#watchesSource) this.reactor.unwatch(this.options.source);
    this.#watchesSource = false;
  }

  #awaitRoom(): void {
    this.#awaitsRoom = true;
    this.options.target.whenRoom(() => {
      this.#awaitsRoom = false;
      this.#moves++;
      this.#move();
    });
  }

  #move(): void {
    const { source, target, fromTerminal } = this.options;
    try {
      for (let turn = 0; turn < TURNS; turn++) {
        const moved = target.take(source);
        if (moved === 0 || (moved === SOURCE_EMPTY && this.#endExpected)) return this.close();
        if (moved === SOURCE_EMPTY) return this.#watchSource();
        if (moved === TARGET_FULL) return this.#awaitRoom();
        this.#moves++;
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Somebody may open the terminal again.
      const isClosed = error.errno === Errno.EIO && fromTerminal && !this.#endExpected;
      // Else the target's reader has gone, so that nobody wants the rest, or the terminal has ended.
      return isClosed ? this.#watchSource() : this.close();
    }
    // Told of only once, a terminal must be asked again.
    if (fromTerminal) this.#unwatchSource();
    this.#watchSource();
  }
}
