/**
 * ttrpc's frames: what goes over the socket. Each is a header of 10 bytes and its data:
 *
 * | bytes | meaning                                                    |
 * | ----- | ---------------------------------------------------------- |
 * | 0-3   | length of the data, big-endian, at most 4 MiB              |
 * | 4-7   | stream id, big-endian; odd, as only clients begin a stream |
 * | 8     | type: {@linkcode FrameType}                                |
 * | 9     | flags; 0 for a unary request and for its response          |
 *
 * @module
 */

import { startDeadline } from "./deadline.ts";

const HEADER_LENGTH = 10;

/** The most data one frame may carry, in bytes: 4 MiB. */
const MAX_DATA_LENGTH = 4 << 20;

/** What a frame is. */
export const FrameType = {
  /** Begins a stream; from the client. */
  REQUEST: 1,
  /** Ends a stream; from the server. */
  RESPONSE: 2,
  /** Belongs to a stream that is not unary; from either side. */
  DATA: 3,
} as const;

/** One frame, whole. */
export interface Frame {
  readonly streamId: number;
  /** One of {@linkcode FrameType}, or a type this version of ttrpc does not know. */
  readonly type: number;
  readonly flags: number;
  /** The frame's own copy: it stays as it is when more is read. */
  readonly data: Uint8Array;
  /** Why `data` is empty: there was more than a frame may carry, and it was dropped as it came. */
  readonly oversized?: OversizedFrameError;
}

/** A frame, to be sent or received, whose data is longer than {@linkcode MAX_DATA_LENGTH}. */
export class OversizedFrameError extends Error {
  override readonly name = "OversizedFrameError";
  /** The length of the data in bytes. */
  readonly length: number;

  constructor(length: number) {
    super(`frame with ${length} bytes of data: at most ${MAX_DATA_LENGTH} are allowed`);
    this.length = length;
  }
}

/**
 * The bytes of one frame with flags 0, header and data in one buffer so that one write(2) sends it.
 *
 * @throws {OversizedFrameError} if the data is longer than {@linkcode MAX_DATA_LENGTH}
 */
export function encodeFrame(streamId: number, type: number, data: Uint8Array): Uint8Array {
  if (data.length > MAX_DATA_LENGTH) throw new OversizedFrameError(data.length);
  const bytes = new Uint8Array(HEADER_LENGTH + data.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, data.length);
  header.setUint32(4, streamId);
  header.setUint8(8, type);
  bytes.set(data, HEADER_LENGTH);
  return bytes;
}

/** How long a peer may take to go on within a frame before that is told, in milliseconds. */
const STALL_MS = 5_000;

/** Takes whole frames from a connection, however its bytes arrive. One `read` at a time. */
export class FrameReader {
  readonly #source: Pick<Deno.Conn, "read">;
  readonly #onStall: ((where: string) => void) | undefined;
  /** Bytes read and not yet taken are those from start to end. */
  readonly #buffer = new Uint8Array(8192);
  #start = 0;
  #end = 0;

  /**
   * @param onStall Called when nothing has come for 5 s within a frame, with a text that tells where: between frames a peer may be
   * silent, but one that is within may have lost its way, or announced garbage for a length.
   */
  constructor(source: Pick<Deno.Conn, "read">, onStall?: (where: string) => void) {
    this.#source = source;
    this.#onStall = onStall;
  }

  /**
   * The next frame, or null where the connection ended between two frames. Of a frame that announces too much data only the header is
   * kept, and the next one begins behind it.
   *
   * @throws {Deno.errors.UnexpectedEof} if the connection ended within a frame
   */
  async read(): Promise<Frame | null> {
    while (this.#end - this.#start < HEADER_LENGTH) {
      // What is left is less than a header, so moving it costs nothing.
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      const free = this.#buffer.subarray(this.#end);
      const count = this.#end === 0
        ? await this.#source.read(free)
        : await this.#readOn(free, "header", this.#end, HEADER_LENGTH);
      if (count === null) return null;
      this.#end += count;
    }
    const header = new DataView(this.#buffer.buffer, this.#start, HEADER_LENGTH);
    const length = header.getUint32(0);
    const frame = {
      streamId: header.getUint32(4),
      type: header.getUint8(8),
      flags: header.getUint8(9),
    };
    this.#start += HEADER_LENGTH;
    if (length <= MAX_DATA_LENGTH) return { ...frame, data: await this.#take(length) };
    await this.#drop(length);
    return { ...frame, data: new Uint8Array(), oversized: new OversizedFrameError(length) };
  }

  /** Takes the buffered part of the data, then reads the rest straight to its place. */
  async #take(length: number): Promise<Uint8Array> {
    const data = new Uint8Array(length);
    let filled = Math.min(length, this.#end - this.#start);
    data.set(this.#buffer.subarray(this.#start, this.#start + filled));
    this.#start += filled;
    while (filled < length) {
      filled += await this.#readOn(data.subarray(filled), "data", filled, length);
    }
    return data;
  }

  /** Reads past data that is not kept. */
  async #drop(length: number): Promise<void> {
    let dropped = Math.min(length, this.#end - this.#start);
    this.#start += dropped;
    while (dropped < length) {
      // All that was buffered has been dropped, so the buffer is free.
      const rest = this.#buffer.subarray(0, length - dropped);
      dropped += await this.#readOn(rest, "data", dropped, length);
    }
  }

  /** Reads more of a frame of which something is there already. */
  async #readOn(
    buffer: Uint8Array,
    part: string,
    had: number,
    expected: number,
  ): Promise<number> {
    const where = () => `within a frame, after ${had} of ${expected} bytes of its ${part}`;
    const onStall = this.#onStall;
    const stopWaiting = onStall && startDeadline(STALL_MS, () => onStall(where()));
    try {
      const count = await this.#source.read(buffer);
      if (count === null) throw new Deno.errors.UnexpectedEof(`connection ended ${where()}`);
      return count;
    } finally {
      stopWaiting?.();
    }
  }
}

/** How many bytes may wait to be written before {@linkcode FrameWriter.room} waits too: 64 KiB, some 2,000 short frames, of 2 KiB each. */
const MAX_UNWRITTEN = 64 << 10;

/** Writes frames to a connection, each one whole and in the order of the calls. */
export class FrameWriter {
  readonly #sink: Pick<Deno.Conn, "write">;
  /** The last write; the next one begins when it is done. */
  #last: Promise<void> = Promise.resolve();
  /** How many bytes the writes that are not done have in all. */
  #unwritten = 0;
  /** Resolved when there is room again; made when somebody waits for that. */
  #roomy: PromiseWithResolvers<void> | undefined;

  constructor(sink: Pick<Deno.Conn, "write">) {
    this.#sink = sink;
  }

  /**
   * Sends the bytes of a frame after all those before it. Settles when the kernel has taken them, or
   * fails as the write did; after one failure every later one fails the same way.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#unwritten += bytes.length;
    this.#last = this.#last.then(() => this.#writeAll(bytes)).finally(() => {
      this.#unwritten -= bytes.length;
      if (!this.#isFull) this.#roomy?.resolve();
    });
    return this.#last;
  }

  get #isFull(): boolean {
    return this.#unwritten > MAX_UNWRITTEN;
  }

  /** Resolves when no more than {@linkcode MAX_UNWRITTEN} bytes wait to be written, or they can no longer be. One call at a time. */
  async room(): Promise<void> {
    while (this.#isFull) {
      this.#roomy = Promise.withResolvers();
      await this.#roomy.promise;
    }
  }

  /** Resolves when all frames given so far are written, or can no longer be. */
  async flush(): Promise<void> {
    await this.#last.catch(() => {});
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) written += await this.#sink.write(bytes.subarray(written));
  }
}
