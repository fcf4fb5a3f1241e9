/** What a command says on its standard error. */
import { close, memoryFile, readAgain } from "../libc/mod.ts";

/** What {@linkcode readAgain} reads. */
const KEPT_BYTES = 4096;

/**
 * A file in memory as the standard error of a command, which keeps its first 4 KiB; more of it is refused to the command (EPERM). A pipe
 * would have to be read, would have no end while a daemon that the command leaves behind holds it, and end that daemon when it is closed.
 */
export class StandardError implements Disposable {
  /** For the command. */
  readonly descriptor = memoryFile("standard error", KEPT_BYTES);

  /** What was written so far, without white space around it. */
  get text(): string {
    return readAgain(this.descriptor).replace(/\0[^]*/, "").trim();
  }

  [Symbol.dispose](): void {
    close(this.descriptor);
  }
}
