/** The pipes from which a logging program reads. */
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

/** A pipe to a logging program. Its writing end belongs to the user of {@linkcode LogPipe.output}. */
export class LogPipe {
  readonly output: Output;
  #source: number | undefined;
  /** A descriptor that only names the pipe, and is no reader of it (O_PATH, open(2)). */
  #name: number | undefined;

  /**
   * @param transfer Moves bytes into the pipe.
   * @param onLoss Called once, when the program has gone and bytes begin to be dropped.
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
    // The two ends have flags of their own: the program's reads still wait, as programs expect it.
    setNonblocking(write);
    this.output = { target: write, transfer: droppingUnread(transfer, onLoss) };
  }

  /** The reading end, for the program. */
  get source(): number {
    return this.#source!;
  }

  /** Closes our copy of the reading end; called when the program has been spawned, which is the only reader then. */
  releaseSource(): void {
    if (this.#source !== undefined) close(this.#source);
    this.#source = undefined;
  }

  /** How many bytes the program has not read yet; exact only when nothing is written any more. */
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

/** Wraps a transfer: when the target has no reader any more, bytes are read and dropped, so that the process goes on. */
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
