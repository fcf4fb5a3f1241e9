/**
 * How gRPC puts a message on a stream of HTTP/2: behind a byte that tells whether it is compressed (never, here) and its length in
 * four bytes, big-endian.
 */
import { StatusCode, StatusError } from "../ttrpc/mod.ts";

/** The header `content-type` of requests and answers. */
export const CONTENT_TYPE = "application/grpc";

const PREFIX_LENGTH = 5;

/** The longest message that is taken, in bytes: as with ttrpc, and as gRPC's own libraries have it. */
export const MAX_MESSAGE_LENGTH = 4 << 20;

/** A message with its prefix. */
export function encodeMessage(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PREFIX_LENGTH + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_LENGTH);
  return bytes;
}

/** Puts the one message of a stream together from the pieces in which it comes. */
export class MessageReader {
  #bytes = new Uint8Array(PREFIX_LENGTH);
  #length = 0;

  /**
   * Takes the next piece.
   * @throws {StatusError} as soon as it can't become a message.
   */
  add(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0;) {
      const count = Math.min(rest.length, this.#bytes.length - this.#length);
      if (count === 0) throw invalid("more than one message");
      this.#bytes.set(rest.subarray(0, count), this.#length);
      this.#length += count;
      rest = rest.subarray(count);
      if (this.#length === PREFIX_LENGTH && this.#bytes.length === PREFIX_LENGTH) this.#grow();
    }
  }

  /**
   * The message, when the stream has ended.
   * @throws {StatusError} for less than one.
   */
  end(): Uint8Array {
    if (this.#length < PREFIX_LENGTH || this.#length < this.#bytes.length) {
      throw invalid(`${this.#length} bytes of one`);
    }
    return this.#bytes.subarray(PREFIX_LENGTH);
  }

  #grow(): void {
    if (this.#bytes[0] !== 0) {
      throw new StatusError(StatusCode.UNIMPLEMENTED, "expected a message that is not compressed");
    }
    const length = new DataView(this.#bytes.buffer).getUint32(1);
    if (length > MAX_MESSAGE_LENGTH) {
      throw new StatusError(
        StatusCode.RESOURCE_EXHAUSTED,
        `message of ${length} bytes: at most ${MAX_MESSAGE_LENGTH} are allowed`,
      );
    }
    const prefix = this.#bytes;
    this.#bytes = new Uint8Array(PREFIX_LENGTH + length);
    this.#bytes.set(prefix);
  }
}

function invalid(got: string): StatusError {
  return new StatusError(StatusCode.INTERNAL, `expected one message, got ${got}`);
}
