/** Files to which outputs are appended. */
import { after } from "../common/mod.ts";
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

/** The size of the first buffer: most processes write little at a time. */
const SMALL_BYTES = 1 << 14;
const LARGE_BYTES = 1 << 17;
const PIPE_BYTES = 1 << 20;

/** How long a write may take before its descriptor is closed under it, in ms; see {@linkcode LogFile}. */
const STILL_MS = 100;

/**
 * A file to which one or two outputs are appended, in the order in which their bytes are read.
 *
 * Nothing tells beforehand whether a write has to wait for the file system, which may stand still: it may be frozen, or its server may
 * be gone. So the file is opened, written and closed in threads of Deno's pool. An output has one write under way at a time; what the
 * process writes meanwhile waits in the pipe, and the process waits when that is full.
 *
 * A command that the shim spawns has copies of the shim's descriptors until it is executed, and closes them then. If the file system is
 * asked when a file is closed, as NFS and FUSE are, the command would stand still, too. So a file there is open only while it is
 * written, and a write that stands still goes on without a descriptor.
 */
export class LogFile {
  readonly #lane: Lane;
  readonly #closed = Promise.withResolvers<void>();
  #users = 0;
  #writing = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  /** How many bytes have been lost since the last write that succeeded. */
  #lost = 0;
  readonly #descriptor: number;
  readonly #staysOpen: boolean;

  /**
   * @param file What `file://` has named; it is closed when no output uses it any more.
   * @param warn Gets a message when bytes begin to be lost, with the reason, and one when that is over.
   */
  constructor(
    { descriptor, device, isLocal }: OpenedFile,
    private readonly warn: (message: string) => void,
  ) {
    this.#descriptor = descriptor;
    this.#staysOpen = isLocal;
    this.#lane = laneOf(device);
  }

  /** Resolves when the file is closed, or when only a write that stands still keeps it from being closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Makes a target for one more output. */
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
      // The reason may have been a signal. For any other reason the write fails once more.
      if (written <= 0 && failed) break;
      failed = written <= 0;
      if (!failed) rest = rest.subarray(written);
    }
    return rest.length;
  }

  /** Opens the file, writes to it, and closes it. */
  async #writeOnce(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const flags = OpenFlag.WRONLY | OpenFlag.APPEND | OpenFlag.NONBLOCK;
    // By this name the file is found also if it has been moved.
    const descriptor = await openInPool(`/proc/self/fd/${this.#descriptor}`, flags);
    if (descriptor === -1) return -1;
    let closing: Promise<void> | undefined;
    // close(2) frees the descriptor at once, and only then waits for the file system.
    const stop = after(STILL_MS, () => closing = closeInPool(descriptor));
    const written = await writeInPool(descriptor, bytes);
    stop();
    await (closing ?? closeInPool(descriptor));
    return written;
  }

  /** Notes that bytes are lost. A full disk must not end the process; the bytes that come next are tried again. */
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

/** The target of one of the outputs that lead to a file. */
class FileTarget implements Target {
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #isWriting = false;
  #listener: (() => void) | undefined;

  constructor(
    private readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
    private readonly release: () => void,
  ) {}

  /** Reads some bytes and begins to write them. There is no room for more until they are written. */
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
      // A process that writes much is read in larger pieces, as each write costs the wake-up of a thread.
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
