/**
 * ttrpc's frames, which are sent over the socket. Each is a header of 10 bytes and its data:
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

import { after } from "../common/timer.ts";

const HEADER_LENGTH = 10;

/** The most data that one frame may carry, in bytes. */
const MAX_DATA_LENGTH = 4 << 20;

/** The types of frames. */
export const FrameType = {
  /** Begins a stream; sent by the client. */
  REQUEST: 1,
  /** Ends a stream; sent by the server. */
  RESPONSE: 2,
  /** Belongs to a stream that is not unary; sent by either side. */
  DATA: 3,
} as const;

/** A whole frame. */
export interface Frame {
  readonly streamId: number;
  /** One of {@linkcode FrameType}, or a type that this version of ttrpc does not know. */
  readonly type: number;
  readonly flags: number;
  /** The frame's own copy of its data, which does not change when more is read. */
  readonly data: Uint8Array;
  /** Set if there was more data than a frame may carry: then `data` is empty, and what came was dropped. */
  readonly oversized?: OversizedFrameError;
}

/** The error of a frame, sent or received, whose data is longer than 4 MiB. */
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
 * Encodes a frame with flags 0. Header and data are in one buffer, so that one write(2) sends them.
 * @throws {OversizedFrameError} If the data is longer than 4 MiB.
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

/** How long a peer may pause within a frame before that is reported, in ms. */
const STALL_MS = 5_000;

/** Reads whole frames from a connection, in whatever pieces the bytes arrive. */
export class FrameReader {
  readonly #source: Pick<Deno.Conn, "read">;
  readonly #onStall: ((where: string) => void) | undefined;
  /** What has been read and not taken yet is from start to end. */
  readonly #buffer = new Uint8Array(8192);
  #start = 0;
  #end = 0;

  /**
   * @param onStall Called when nothing has come for 5 s within a frame, with a text that says where. Between frames a peer may be
   * silent; within one it may have lost its way, or sent garbage for a length.
   */
  constructor(source: Pick<Deno.Conn, "read">, onStall?: (where: string) => void) {
    this.#source = source;
    this.#onStall = onStall;
  }

  /**
   * Reads the next frame; null if the connection has ended between two frames. The data of a frame that has too much is dropped. Only
   * one call may be under way at a time.
   * @throws {Deno.errors.UnexpectedEof} If the connection has ended within a frame.
   */
  async read(): Promise<Frame | null> {
    while (this.#end - this.#start < HEADER_LENGTH) {
      // What is moved is shorter than a header, which costs nothing.
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
    const streamId = header.getUint32(4);
    const type = header.getUint8(8);
    const flags = header.getUint8(9);
    this.#start += HEADER_LENGTH;
    if (length <= MAX_DATA_LENGTH) {
      const data = new Uint8Array(length);
      const filled = this.#take(data);
      if (filled < length) await this.#fill(data, filled);
      return { streamId, type, flags, data };
    }
    await this.#drop(length);
    const oversized = new OversizedFrameError(length);
    return { streamId, type, flags, data: new Uint8Array(), oversized };
  }

  /** Takes the part of the data that is buffered. Returns how many bytes that were. */
  #take(data: Uint8Array): number {
    const count = Math.min(data.length, this.#end - this.#start);
    data.set(this.#buffer.subarray(this.#start, this.#start += count));
    return count;
  }

  /** Reads the rest of the data without the buffer. */
  async #fill(data: Uint8Array, filled: number): Promise<void> {
    while (filled < data.length) {
      filled += await this.#readOn(data.subarray(filled), "data", filled, data.length);
    }
  }

  /** Reads past data that is not kept. */
  async #drop(length: number): Promise<void> {
    let dropped = Math.min(length, this.#end - this.#start);
    this.#start += dropped;
    while (dropped < length) {
      // All that was buffered has been dropped, so that the buffer is free.
      const rest = this.#buffer.subarray(0, length - dropped);
      dropped += await this.#readOn(rest, "data", dropped, length);
    }
  }

  /** Reads more of a frame that has begun. */
  async #readOn(
    buffer: Uint8Array,
    part: string,
    had: number,
    expected: number,
  ): Promise<number> {
    const where = () => `within a frame, after ${had} of ${expected} bytes of its ${part}`;
    const onStall = this.#onStall;
    const stopWaiting = onStall && after(STALL_MS, () => onStall(where()));
    try {
      const count = await this.#source.read(buffer);
      if (count === null) throw new Deno.errors.UnexpectedEof(`connection ended ${where()}`);
      return count;
    } finally {
      stopWaiting?.();
    }
  }
}

/** How many bytes may wait to be written until {@linkcode FrameWriter.room} waits: some 2,000 short frames, of 2 KiB memory each. */
const MAX_UNWRITTEN = 64 << 10;

/** Writes frames to a connection, each one whole and in the order of the calls. */
export class FrameWriter {
  readonly #sink: Pick<Deno.Conn, "write">;
  /** The last write; the next one begins when it has ended. */
  #last: Promise<void> = Promise.resolve();
  /** How many bytes are waiting to be written. */
  #unwritten = 0;
  /** Is resolved when there is room again; made by {@linkcode room} when it has to wait. */
  #roomy: PromiseWithResolvers<void> | undefined;

  constructor(sink: Pick<Deno.Conn, "write">) {
    this.#sink = sink;
  }

  /**
   * Sends the bytes of a frame after all those before. Resolves when the kernel has taken them. If a write fails, it rejects, and so
   * does every later one.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#unwritten += bytes.length;
    return this.#last = this.#writeAfter(this.#last, bytes);
  }

  /** Whether so many bytes wait to be written that no more should be asked for. */
  get isFull(): boolean {
    return this.#unwritten > MAX_UNWRITTEN;
  }

  /** Resolves when few enough bytes wait to be written, or writing has failed. Only one call may be under way at a time. */
  async room(): Promise<void> {
    while (this.isFull) {
      this.#roomy = Promise.withResolvers();
      await this.#roomy.promise;
    }
  }

  /** Resolves when all frames so far have been written, or writing has failed. */
  async flush(): Promise<void> {
    await this.#last.catch(() => {});
  }

  async #writeAfter(last: Promise<void>, bytes: Uint8Array): Promise<void> {
    try {
      await last;
      let written = 0;
      while (written < bytes.length) written += await this.#sink.write(bytes.subarray(written));
    } finally {
      this.#unwritten -= bytes.length;
      if (!this.isFull) this.#roomy?.resolve();
    }
  }
}
