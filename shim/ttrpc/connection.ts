/**
 * A client's connection to a server.
 *
 * What a client does wrong costs its call and not the connection, as in Go's server: containerd would take the loss of its connection
 * for the loss of the shim. Unlike Go's, this server does not read from a client that does not read its answers, and logs it if one
 * stops within a frame.
 */
import { Request, Response } from "../../proto/mod.ts";
import type { Logger } from "../common/mod.ts";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  FrameWriter,
  OversizedFrameError,
} from "./frame.ts";
import { RunningCall } from "./running_call.ts";
import type { CallUnderWay, Method, Service } from "./service.ts";
import { StatusCode, StatusError, statusOf } from "./status.ts";

/** What a server needs of a logger. */
export type ServerLogger = Pick<Logger, "warn" | "debug">;

/** A connection, whose requests are served from now on. */
export class Connection {
  /** Resolves when the connection is closed. */
  readonly ended: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #logger: ServerLogger | undefined;
  readonly #writer: FrameWriter;
  /** The calls that are not answered yet, by stream id. A call that is not in here gets no answer any more. */
  readonly #calls = new Map<number, RunningCall>();
  #lastStreamId = 0;
  #open = true;
  /** Is called when the last call is answered; set as soon as no more calls are accepted. */
  #drained: (() => void) | undefined;

  constructor(conn: Deno.Conn, services: ReadonlyMap<string, Service>, logger?: ServerLogger) {
    this.#conn = conn;
    this.#services = services;
    this.#logger = logger;
    this.#writer = new FrameWriter(conn);
    this.ended = this.#read(
      new FrameReader(conn, (where) => this.#warn(`client stopped ${where}`)),
    );
  }

  #warn(message: string, fields?: Record<string, unknown>): void {
    this.#logger?.warn(`ttrpc: ${message}`, fields);
  }

  /** The calls that are not answered yet. */
  get calls(): readonly CallUnderWay[] {
    return [...this.#calls.values()];
  }

  /** Accepts no more calls, and closes the connection when those under way are answered. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      if (this.#calls.size === 0) resolve();
    });
    await this.#writer.flush();
    this.end();
    await this.ended;
  }

  /** Closes the connection; calls that are under way get no answer. */
  end(error?: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    if (error !== undefined) this.#logEnd(error);
    this.#conn.close();
    const gone = new StatusError(StatusCode.CANCELED, "the connection of the call ended");
    for (const call of this.#calls.values()) call.end(gone);
    this.#calls.clear();
    this.#drained?.();
  }

  #logEnd(error: unknown): void {
    // That a client goes away is normal, whatever it was waiting for.
    const gone = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe;
    const fields = { error: error instanceof Error ? error.message : String(error) };
    if (gone) this.#logger?.debug("ttrpc: client went away", fields);
    else this.#warn("connection ended", fields);
  }

  async #read(reader: FrameReader): Promise<void> {
    try {
      while (this.#open) {
        // Answers that the client does not read wait in memory. From a bound on its requests wait, too, in the socket. A call that is
        // under way, as a Wait, holds up no others.
        if (this.#writer.isFull) await this.#writer.room();
        const frame = await reader.read();
        if (frame === null) break;
        if (this.#open) this.#receive(frame);
      }
      this.end();
    } catch (error) {
      this.end(error);
    }
  }

  #receive({ streamId, type, data, oversized }: Frame): void {
    if (oversized) {
      this.#warn(oversized.message, { streamId });
      return this.#refuse(streamId, StatusCode.RESOURCE_EXHAUSTED, oversized.message);
    }
    if (streamId % 2 === 0) {
      const message = `stream id ${streamId}: a client's are odd`;
      this.#warn(message);
      return this.#refuse(streamId, StatusCode.INVALID_ARGUMENT, message);
    }
    if (type === FrameType.DATA) {
      return this.#refuse(streamId, StatusCode.INVALID_ARGUMENT, "only unary calls are served");
    }
    if (type !== FrameType.REQUEST) {
      // The shim outlives upgrades of containerd, and a newer client may send what later versions of ttrpc know. Go's server ignores
      // such frames, too; to hang up would look like the shim's death.
      return this.#logger?.debug("ttrpc: frame of unknown type ignored", { type, streamId });
    }
    if (streamId <= this.#lastStreamId) {
      const message = `stream id ${streamId} does not grow: the last one was ${this.#lastStreamId}`;
      return this.#refuse(streamId, StatusCode.INVALID_ARGUMENT, message);
    }
    this.#lastStreamId = streamId;
    // The flags of a request are ignored, as in Go's server: the method decides whether the call is unary.
    let request: Request;
    try {
      request = Request.decode(data);
    } catch (error) {
      const message = `request can't be decoded: ${(error as Error).message}`;
      this.#warn(message, { streamId });
      return this.#refuse(streamId, StatusCode.INVALID_ARGUMENT, message);
    }
    this.#begin(streamId, request);
  }

  #begin(streamId: number, request: Request): void {
    if (this.#drained) {
      return this.#refuse(streamId, StatusCode.UNAVAILABLE, "the server is shutting down");
    }
    const service = this.#services.get(request.service);
    if (!service) {
      const message = `service ${request.service} is not served here`;
      return this.#refuse(streamId, StatusCode.UNIMPLEMENTED, message);
    }
    if (!Object.hasOwn(service, request.method)) {
      const message = `method ${request.method} is not one of service ${request.service}`;
      return this.#refuse(streamId, StatusCode.UNIMPLEMENTED, message);
    }
    const call = new RunningCall(request, () => {
      this.#refuse(streamId, StatusCode.DEADLINE_EXCEEDED, "the call's deadline passed");
    });
    this.#calls.set(streamId, call);
    this.#run(streamId, call, service[request.method], request);
  }

  async #run(id: number, call: RunningCall, method: Method, request: Request): Promise<void> {
    let response: Response.Properties;
    try {
      response = { payload: await method(request.payload, call) };
    } catch (error) {
      response = { status: statusOf(error) };
    }
    if (this.#calls.get(id) === call) this.#answer(id, response);
  }

  /** Answers with an error. That ends the stream, also if its call is still under way. */
  #refuse(streamId: number, code: number, message: string): void {
    this.#calls.get(streamId)?.end(new StatusError(code, message));
    this.#answer(streamId, { status: { code, message } });
  }

  #answer(streamId: number, response: Response.Properties): void {
    this.#calls.get(streamId)?.end();
    this.#calls.delete(streamId);
    this.#writer.write(encodeResponse(streamId, response)).catch((error) => this.end(error));
    if (this.#calls.size === 0) this.#drained?.();
  }
}

/** The frame of an answer, or of an error if the answer itself can't be sent. */
function encodeResponse(streamId: number, response: Response.Properties): Uint8Array {
  try {
    return encodeFrame(streamId, FrameType.RESPONSE, Response.encode(response).finish());
  } catch (error) {
    const oversized = error instanceof OversizedFrameError;
    const code = oversized ? StatusCode.RESOURCE_EXHAUSTED : StatusCode.INTERNAL;
    const message = `answer can't be sent: ${(error as Error).message}`;
    const refusal = Response.encode({ status: { code, message } }).finish();
    return encodeFrame(streamId, FrameType.RESPONSE, refusal);
  }
}
