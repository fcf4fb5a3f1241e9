/** The FIFO in the bundle from which containerd reads the server's log. */
import { close, open, OpenFlag, write } from "../libc/mod.ts";

/**
 * A FIFO that is written to without ever waiting. It is opened for both directions, so that it needs no reader and a write never fails
 * with EPIPE. What does not fit into it while nobody reads is dropped; so is everything if there is no FIFO.
 */
export class LogFifo {
  #descriptor: number | undefined;

  constructor(path: string) {
    try {
      this.#descriptor = open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
    } catch {
      // There is nowhere to say it.
    }
  }

  write(line: Uint8Array<ArrayBuffer>): void {
    if (this.#descriptor === undefined) return;
    try {
      write(this.#descriptor, line);
    } catch {
      // There is nowhere left to report it.
    }
  }

  /** All that is written from now on is dropped. */
  close(): void {
    if (this.#descriptor !== undefined) close(this.#descriptor);
    this.#descriptor = undefined;
  }
}
