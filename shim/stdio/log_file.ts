/** Files that outputs are appended to. */
import {
  close,
  closeInPool,
  fileSystemInPool,
  growPipe,
  OpenFlag,
  openInPool,
  read,
  writeInPool,
} from "../libc/mod.ts";
import { type Lane, laneOf } from "./lane.ts";
import type { OpenedFile } from "./open_stream.ts";
import type { Target } from "./target.ts";
import { SOURCE_EMPTY, TARGET_FULL } from "./transfer.ts";

/** Most processes write little at a time. */
const SMALL_BYTES = 1 << 14;
const LARGE_BYTES = 1 << 17;
const PIPE_BYTES = 1 << 20;

/** How long a write may take before its descriptor is taken away, see {@linkcode LogFile}. */
const STILL_MS = 100;

/**
 * A file that one or two outputs are appended to, in the order in which their bytes were read.
 *
 * Nothing tells beforehand whether a write to a file has to wait for its file system, which may stand still: frozen, or a server's
 * that is gone. So it is opened, written and closed in threads of Deno's pool. One output has one write under way; what comes
 * meanwhile waits in its pipe, and holds back its process as soon as that is full.
 *
 * Commands that the shim spawns have copies of its descriptors until they are executed. Where a file system is asked before a file is
 * closed, as NFS and FUSE are, a command would stand still there as well. So such a file is open only while it is written, and a
 * write that stands still goes on without a descriptor.
 */
export class LogFile {
  readonly #lane: Lane;
  readonly #closed = Promise.withResolvers<void>();
  #users = 0;
  #writing = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  /** How many bytes were lost since the last write that went well. */
  #lost = 0;
  readonly #descriptor: number;
  readonly #staysOpen: boolean;

  /**
   * @param file Is closed when no output uses it any more.
   * @param warn Is told when bytes begin to be lost, and why, and when that is over.
   */
  constructor(
    { descriptor, device, isLocal }: OpenedFile,
    private readonly warn: (message: string) => void,
  ) {
    this.#descriptor = descriptor;
    this.#staysOpen = isLocal;
    this.#lane = laneOf(device);
  }

  /** Resolves when it is closed, or would be if a write to it did not stand still. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Makes one more output lead to it. */
  open(): Target {
    this.#users++;
    return new FileTarget(
      (bytes) => this.#lastWrite = this.#lastWrite.then(() => this.#write(bytes)),
      () => this.#release(),
    );
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#writing++;
    const lost = await this.#lane.run(() => this.#append(bytes));
    this.#writing--;
    if (lost > 0) return await this.#lose(lost);
    if (this.#lost === 0) return;
    this.warn(`the log can be written again; ${this.#lost} bytes of it were lost`);
    this.#lost = 0;
  }

  /** @returns How many of the bytes could not be written. */
  async #append(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    let rest = bytes;
    let failed = false;
    while (rest.length > 0) {
      const written = this.#staysOpen
        ? await writeInPool(this.#descriptor, rest)
        : await this.#writeOnce(rest);
      // A signal may have been the reason: what has failed for another one fails again.
      if (written <= 0 && failed) break;
      failed = written <= 0;
      if (!failed) rest = rest.subarray(written);
    }
    return rest.length;
  }

  /** Opens the file, writes to it, and closes it. */
  async #writeOnce(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const flags = OpenFlag.WRONLY | OpenFlag.APPEND | OpenFlag.NONBLOCK;
    // It leads there wherever the file was moved to.
    const descriptor = await openInPool(`/proc/self/fd/${this.#descriptor}`, flags);
    if (descriptor === -1) return -1;
    let closing: Promise<void> | undefined;
    // close(2) takes it away first, and only then waits.
    const timer = setTimeout(() => closing = closeInPool(descriptor), STILL_MS);
    const written = await writeInPool(descriptor, bytes);
    clearTimeout(timer);
    await (closing ?? closeInPool(descriptor));
    return written;
  }

  /** A full disk must not end the process. Its bytes are lost then; the next ones are tried again. */
  async #lose(bytes: number): Promise<void> {
    this.#lost += bytes;
    if (this.#lost > bytes) return;
    const isFull = (await fileSystemInPool(this.#descriptor))?.isFull;
    const reason = isFull ? "no space left on device" : "the file system refuses it";
    this.warn(`what can't be written to the log is lost: ${reason}`);
  }

  async #release(): Promise<void> {
    if (--this.#users > 0) return;
    if (this.#writing > 0) this.#closed.resolve();
    await this.#lastWrite;
    if (this.#lost > 0) this.warn(`${this.#lost} bytes of the log were lost`);
    if (this.#staysOpen) await this.#lane.run(() => closeInPool(this.#descriptor));
    else close(this.#descriptor);
    this.#closed.resolve();
  }
}

/** One of the outputs that lead to a file. */
class FileTarget implements Target {
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #isWriting = false;
  #listener: (() => void) | undefined;

  constructor(
    private readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
    private readonly release: () => void,
  ) {}

  /** What it has taken it still has to write, and there is no room before. */
  take(source: number): number {
    if (this.#isWriting) return TARGET_FULL;
    const buffer = this.#buffer ??= new Uint8Array(SMALL_BYTES);
    const count = read(source, buffer);
    if (count === -1) return SOURCE_EMPTY;
    if (count === 0) return 0;
    this.#isWriting = true;
    this.write(buffer.subarray(0, count)).then(() => {
      this.#isWriting = false;
      const listener = this.#listener;
      this.#listener = undefined;
      listener?.();
    });
    if (count === SMALL_BYTES && buffer.length === count) {
      // Where much comes it is taken in large pieces: each of them costs a thread's wake-up.
      this.#buffer = new Uint8Array(LARGE_BYTES);
      growPipe(source, PIPE_BYTES);
    }
    return TARGET_FULL;
  }

  whenRoom(listener: () => void): void {
    this.#listener = listener;
  }

  close(): void {
    this.#listener = undefined;
    this.release();
  }
}
