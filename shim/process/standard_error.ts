/** The standard error of a command. */
import { close, memoryFile, readAgain } from "../libc/mod.ts";

/** The most that {@linkcode readAgain} reads. */
const KEPT_BYTES = 4096;

/**
 * A file in memory as the standard error of a command. It keeps the first 4 KiB; further writes of the command fail (EPERM). A pipe
 * would have to be read; and if the command leaves a daemon behind, the pipe would not end, and closing it would kill the daemon
 * (SIGPIPE).
 */
export class StandardError implements Disposable {
  /** The descriptor for the command. */
  readonly descriptor = memoryFile("standard error", KEPT_BYTES);

  /** What has been written so far, without white space around it. */
  get text(): string {
    return readAgain(this.descriptor).replace(/\0[^]*/, "").trim();
  }

  [Symbol.dispose](): void {
    close(this.descriptor);
  }
}
