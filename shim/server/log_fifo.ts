/** The FIFO in the bundle from which containerd reads the server's log. */
import { close, open, OpenFlag, write } from "../libc/mod.ts";

/**
 * A FIFO that is written to without ever waiting. It is opened for both directions, so that it needs no reader and a write never fails
 * with EPIPE. What does not fit into it while nobody reads is dropped; so is everything if there is no FIFO.
 */
export class LogFifo {
  #descriptor: number | undefined;
  #lost = 0;

  constructor(path: string) {
    try {
      this.#descriptor = open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
    } catch {
      // There is nowhere to say it.
    }
  }

  /** How many lines were dropped so far. */
  get lost(): number {
    return this.#lost;
  }

  write(line: Uint8Array<ArrayBuffer>): void {
    try {
      if (this.#descriptor === undefined) this.#lost++;
      else write(this.#descriptor, line);
    } catch {
      this.#lost++;
    }
  }

  /** All that is written from now on is dropped. */
  close(): void {
    if (this.#descriptor !== undefined) close(this.#descriptor);
    this.#descriptor = undefined;
  }
}
