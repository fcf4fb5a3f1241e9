/**
 * The calling side of ttrpc: unary calls, any number of them at once on one connection.
 *
 * @module
 */

import { Request, Response } from "../../proto/mod.ts";
import { after } from "../common/timer.ts";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  FrameWriter,
  OversizedFrameError,
} from "./frame.ts";
import { encodeMetadata, type Metadata } from "./metadata.ts";
import { StatusCode, StatusError } from "./status.ts";

/** What a call has beside its payload. */
export interface CallOptions {
  /** How long to wait for the answer, in ms; by default without a bound. */
  readonly timeoutMs?: number;
  readonly metadata?: Metadata;
}

/** A connection to a server. */
export class Client {
  /** Resolves when the connection is lost or closed; calls fail from then on. */
  readonly closed: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #writer: FrameWriter;
  /** The calls that are not answered yet, by stream id. */
  readonly #calls = new Map<number, PromiseWithResolvers<Frame>>();
  #nextStreamId = 1;
  /** Why the connection was lost, if it was. */
  #lost: string | undefined;

  /** Takes over a connection; {@linkcode Client.connect} makes one. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#writer = new FrameWriter(conn);
    this.closed = this.#read(new FrameReader(conn));
  }

  /**
   * Connects to the server that listens on a unix socket.
   *
   * @throws {Deno.errors.NotFound} If there is no socket.
   * @throws {Deno.errors.ConnectionRefused} If nobody listens on it.
   */
  static async connect(path: string): Promise<Client> {
    return new Client(await Deno.connect({ transport: "unix", path }));
  }

  /**
   * Calls a method and resolves to the payload of its answer.
   *
   * @throws {StatusError} With the code and message of the answer; UNAVAILABLE if the connection is lost, DEADLINE_EXCEEDED if no
   * answer comes in time, RESOURCE_EXHAUSTED if the request or the answer is longer than a frame can be, INTERNAL if the answer can't
   * be decoded.
   */
  async call(
    service: string,
    method: string,
    payload: Uint8Array,
    { timeoutMs = Infinity, metadata }: CallOptions = {},
  ): Promise<Uint8Array> {
    const name = `${service}/${method}`;
    if (this.#lost !== undefined) throw unavailable(this.#lost);
    const late = () =>
      new StatusError(StatusCode.DEADLINE_EXCEEDED, `${name}: no answer within ${timeoutMs} ms`);
    // In a request 0 means no timeout, so that one which has run out already must not be sent.
    if (timeoutMs <= 0) throw late();

    const streamId = this.#nextStreamId;
    const frame = encodeRequest(streamId, {
      service,
      method,
      payload,
      timeoutNano: timeoutMs === Infinity ? 0 : Math.round(timeoutMs * 1e6),
      metadata: metadata && encodeMetadata(metadata),
    });
    // Nothing is awaited before the write, as stream ids must reach the server in growing order.
    this.#nextStreamId += 2;
    const answer = Promise.withResolvers<Frame>();
    this.#calls.set(streamId, answer);
    // Only this call fails: answers to others that the server has sent before it went are still read.
    this.#writer.write(frame).catch((error) => answer.reject(unavailable(error.message)));
    const stopDeadline = after(timeoutMs, () => answer.reject(late()));
    try {
      return decodeResponse(name, await answer.promise);
    } finally {
      stopDeadline();
      this.#calls.delete(streamId);
    }
  }

  /** Closes the connection. Calls that are under way fail with UNAVAILABLE. */
  close(): void {
    this.#lose("this client closed it");
  }

  async #read(reader: FrameReader): Promise<void> {
    try {
      // A frame of an unknown stream is the answer to a call that was given up.
      for (let frame = await reader.read(); frame; frame = await reader.read()) {
        this.#calls.get(frame.streamId)?.resolve(frame);
      }
      this.#lose("the server closed it");
    } catch (error) {
      this.#lose((error as Error).message);
    }
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#conn.close();
    for (const { reject } of this.#calls.values()) reject(unavailable(this.#lost));
  }
}

function unavailable(reason: string): StatusError {
  return new StatusError(StatusCode.UNAVAILABLE, `connection lost: ${reason}`);
}

/**
 * The frame of a request.
 * @throws {StatusError} RESOURCE_EXHAUSTED if it is longer than a frame can be.
 */
function encodeRequest(streamId: number, request: Request.Properties): Uint8Array {
  try {
    return encodeFrame(streamId, FrameType.REQUEST, Request.encode(request).finish());
  } catch (error) {
    if (!(error instanceof OversizedFrameError)) throw error;
    throw new StatusError(StatusCode.RESOURCE_EXHAUSTED, `request: ${error.message}`);
  }
}

/**
 * The payload of an answer.
 * @throws {StatusError} See {@linkcode Client.call}.
 */
function decodeResponse(name: string, { type, data, oversized }: Frame): Uint8Array {
  if (oversized) {
    throw new StatusError(StatusCode.RESOURCE_EXHAUSTED, `${name}: answer: ${oversized.message}`);
  }
  if (type !== FrameType.RESPONSE) {
    const message = `${name}: expected a response (frame type 2), got frame type ${type}`;
    throw new StatusError(StatusCode.INTERNAL, message);
  }
  let response: Response;
  try {
    response = Response.decode(data);
  } catch (error) {
    const message = `${name}: response can't be decoded: ${(error as Error).message}`;
    throw new StatusError(StatusCode.INTERNAL, message);
  }
  const { status, payload } = response;
  if (status && status.code !== StatusCode.OK) throw new StatusError(status.code, status.message);
  return payload;
}
