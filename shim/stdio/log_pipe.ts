/** A pipe into a logging program. */
import {
  close,
  Errno,
  open,
  OpenFlag,
  pipe,
  read,
  setNonblocking,
  SystemError,
  unreadBytes,
} from "../libc/mod.ts";
import { type Output, SOURCE_EMPTY, type Transfer } from "./transfer.ts";

const DROP_BYTES = 1 << 16;

/** A pipe into a logging program. Its writing end belongs to who has asked for the output. */
export class LogPipe {
  readonly output: Output;
  #source: number | undefined;
  /** Names the pipe without being an end of it (O_PATH, open(2)). */
  #name: number | undefined;

  /**
   * @param transfer How bytes come into it.
   * @param onLoss Called once, when bytes begin to be dropped as nobody reads them any more.
   */
  constructor(transfer: Transfer, onLoss: () => void) {
    const { read, write } = pipe();
    this.#source = read;
    try {
      this.#name = open(`/proc/self/fd/${read}`, OpenFlag.PATH);
    } catch (error) {
      close(write);
      this.close();
      throw error;
    }
    // Each end has flags of its own: reading still waits, as programs expect it.
    setNonblocking(write);
    this.output = { target: write, transfer: droppingUnread(transfer, onLoss) };
  }

  /** The end for the program to read. */
  get source(): number {
    return this.#source!;
  }

  /** To be called when the program was spawned: nobody else may count as a reader. */
  releaseSource(): void {
    if (this.#source !== undefined) close(this.#source);
    this.#source = undefined;
  }

  /** How many bytes the program has not read yet; to be asked for when nothing is written any more. */
  get unread(): number {
    if (this.#name === undefined) return 0;
    const reader = open(`/proc/self/fd/${this.#name}`, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
    const bytes = unreadBytes(reader);
    close(reader);
    return bytes;
  }

  /** Closes all but the writing end. */
  close(): void {
    this.releaseSource();
    if (this.#name !== undefined) close(this.#name);
    this.#name = undefined;
  }
}

/** Makes of a transfer one for which a target whose reader has gone takes everything: its writer must not be ended by that. */
function droppingUnread(transfer: Transfer, onLoss: () => void): Transfer {
  let dropped: Uint8Array<ArrayBuffer> | undefined;
  return (source, target) => {
    try {
      if (dropped === undefined) return transfer(source, target);
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== Errno.EPIPE) throw error;
      dropped = new Uint8Array(DROP_BYTES);
      onLoss();
    }
    const count = read(source, dropped!);
    return count === -1 ? SOURCE_EMPTY : count;
  };
}
