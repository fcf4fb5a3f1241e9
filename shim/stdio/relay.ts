/** Carries bytes from a descriptor to a target. */
import { close, EpollEvent, Errno, SystemError, unreadBytes } from "../libc/mod.ts";
import type { Reactor } from "../process/mod.ts";
import type { Target } from "./target.ts";
import { SOURCE_EMPTY, TARGET_FULL } from "./transfer.ts";

/** After so many transfers in a row a relay lets others have their turn. */
const TURNS = 16;

/** What a relay reads and writes; it closes both at its end. */
export interface RelayOptions {
  /** A descriptor to read from; it must be nonblocking. */
  readonly source: number;
  readonly target: Target;
  /**
   * Whether the source is a terminal's master. Reading it fails with EIO while nobody has the terminal open, and until
   * {@linkcode Relay.expectEnd} somebody may open it again.
   */
  readonly fromTerminal?: boolean;
}

/**
 * Moves bytes from a source to a target, until the source ends, the target has no reader any more, or {@linkcode Relay.close} is
 * called.
 *
 * A source that has hung up is ready without end, and would wake the reactor's loop again and again. So if the source is ready while
 * the target is full, it is not watched any more until there is room; and a terminal is watched for changes only (EPOLLET).
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

  /** Resolves when source and target are closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether source and target are closed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A number that grows whenever bytes are moved. */
  get moves(): number {
    return this.#moves;
  }

  /** Whether there are bytes for which the target has no room, or which it has not written yet. */
  get blocked(): boolean {
    return this.#awaitsRoom;
  }

  /** How many bytes wait in the source; at least one if the target is full. */
  get unread(): number {
    return this.hasEnded ? 0 : Math.max(unreadBytes(this.options.source), this.blocked ? 1 : 0);
  }

  /** Moves what the source has now, without waiting for the reactor. */
  move(): void {
    if (!this.hasEnded && !this.#awaitsRoom && this.unread > 0) this.#move();
  }

  /**
   * Says that the process has ended. It led the terminal's session, so that the terminal has hung up for every process; the relay ends
   * when all output is read. (A read waits for what the kernel still has to process, see n_tty_read in n_tty.c.)
   */
  expectEnd(): void {
    if (!this.options.fromTerminal) return;
    this.#endExpected = true;
    if (!this.hasEnded && !this.#awaitsRoom) this.#move();
  }

  /** Ends the relay now, whatever is still in the source. */
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
      // Nobody has the terminal open now, but somebody may open it again.
      const isClosed = error.errno === Errno.EIO && fromTerminal && !this.#endExpected;
      // Otherwise the terminal has ended, or the target has no reader any more.
      return isClosed ? this.#watchSource() : this.close();
    }
    // A terminal that is still ready is not reported again unless it is watched anew.
    if (fromTerminal) this.#unwatchSource();
    this.#watchSource();
  }
}
