/**
 * ttrpc's frames: what goes over the socket. Each is a header of 10 bytes and its data:
 *
 * | bytes | meaning                                                    |
 * | ----- | ---------------------------------------------------------- |
 * | 0–3   | length of the data, big-endian, at most 4 MiB              |
 * | 4–7   | stream id, big-endian; odd, as only clients begin a stream |
 * | 8     | type: {@linkcode FrameType}                                |
 * | 9     | flags; 0 for a unary request and for its response          |
 *
 * @module
 */

const HEADER_LENGTH = 10;

/** The most data one frame may carry, in bytes: 4 MiB. */
export const MAX_DATA_LENGTH = 4 << 20;

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

/** Takes whole frames from a connection, however its bytes arrive. One `read` at a time. */
export class FrameReader {
  readonly #source: Pick<Deno.Conn, "read">;
  /** Bytes read and not yet taken are those from start to end. */
  readonly #buffer = new Uint8Array(8192);
  #start = 0;
  #end = 0;

  constructor(source: Pick<Deno.Conn, "read">) {
    this.#source = source;
  }

  /**
   * The next frame, or null where the connection ended between two frames.
   *
   * @throws {OversizedFrameError} if a header announces too much data; nothing more can be read then
   * @throws {Deno.errors.UnexpectedEof} if the connection ended within a frame
   */
  async read(): Promise<Frame | null> {
    while (this.#end - this.#start < HEADER_LENGTH) {
      // What is left is less than a header, so moving it costs nothing.
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      const count = await this.#source.read(this.#buffer.subarray(this.#end));
      if (count === null && this.#end === 0) return null;
      if (count === null) throw endedWithin("header", this.#end, HEADER_LENGTH);
      this.#end += count;
    }
    const header = new DataView(this.#buffer.buffer, this.#start, HEADER_LENGTH);
    const length = header.getUint32(0);
    if (length > MAX_DATA_LENGTH) throw new OversizedFrameError(length);
    const streamId = header.getUint32(4);
    const type = header.getUint8(8);
    const flags = header.getUint8(9);
    this.#start += HEADER_LENGTH;
    return { streamId, type, flags, data: await this.#take(length) };
  }

  /** Takes the buffered part of the data, then reads the rest straight to its place. */
  async #take(length: number): Promise<Uint8Array> {
    const data = new Uint8Array(length);
    let filled = Math.min(length, this.#end - this.#start);
    data.set(this.#buffer.subarray(this.#start, this.#start + filled));
    this.#start += filled;
    while (filled < length) {
      const count = await this.#source.read(data.subarray(filled));
      if (count === null) throw endedWithin("data", filled, length);
      filled += count;
    }
    return data;
  }
}

function endedWithin(part: string, count: number, expected: number): Error {
  return new Deno.errors.UnexpectedEof(
    `connection ended within a frame, after ${count} of ${expected} bytes of its ${part}`,
  );
}

/** Writes frames to a connection, each one whole and in the order of the calls. */
export class FrameWriter {
  readonly #sink: Pick<Deno.Conn, "write">;
  /** The last write; the next one begins when it is done. */
  #last: Promise<void> = Promise.resolve();

  constructor(sink: Pick<Deno.Conn, "write">) {
    this.#sink = sink;
  }

  /**
   * Sends the bytes of a frame after all those before it. Settles when the kernel has taken them, or
   * fails as the write did; after one failure every later one fails the same way.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#last = this.#last.then(() => this.#writeAll(bytes));
    return this.#last;
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
