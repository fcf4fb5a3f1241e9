/**
 * One client's connection to a server.
 *
 * What a client can do wrong is taken as the Go server takes it: it costs the call, and not the connection, whose loss containerd
 * would take for the loss of the shim. Unlike the Go server this one does not read a client that does not read its answers, and tells
 * the log of one that stops within a frame.
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

/** Where a server tells why it ended a connection. */
export type ServerLogger = Pick<Logger, "warn" | "debug">;

/** A connection; it is served from its making on. */
export class Connection {
  /** Resolves when the connection is closed and nothing of it is left. */
  readonly ended: Promise<void>;
  readonly #conn: Deno.Conn;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #logger: ServerLogger | undefined;
  readonly #writer: FrameWriter;
  /** The calls not answered yet, by stream id: what is not in here gets no answer any more. */
  readonly #calls = new Map<number, RunningCall>();
  #lastStreamId = 0;
  #open = true;
  /** Called when the last call is answered; set when no more calls are taken. */
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

  /** Takes no more calls, and closes the connection when all that run are answered. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      if (this.#calls.size === 0) resolve();
    });
    await this.#writer.flush();
    this.end();
    await this.ended;
  }

  /** Closes the connection; the answers of calls that still run are dropped. */
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
    // A client that goes away is nothing to warn of, whatever it was waiting for.
    const gone = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe;
    const fields = { error: error instanceof Error ? error.message : String(error) };
    if (gone) this.#logger?.debug("ttrpc: client went away", fields);
    else this.#warn("connection ended", fields);
  }

  async #read(reader: FrameReader): Promise<void> {
    try {
      while (this.#open) {
        // Answers that the client does not read wait in memory: so do, from a bound on, its requests in the socket. Calls that run,
        // a Wait say, hold up none.
        await this.#writer.room();
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
      // As in the Go server: a client newer than this shim, which outlives containerd's upgrades, may
      // send what later versions of ttrpc know. To hang up on it would look like the shim's death.
      return this.#logger?.debug("ttrpc: frame of unknown type ignored", { type, streamId });
    }
    if (streamId <= this.#lastStreamId) {
      const message = `stream id ${streamId} does not grow: the last one was ${this.#lastStreamId}`;
      return this.#refuse(streamId, StatusCode.INVALID_ARGUMENT, message);
    }
    this.#lastStreamId = streamId;
    // A request's flags are not looked at, as in the Go server: the method decides whether it is unary.
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

  /** Answers with an error. That ends the stream, also where its call still runs. */
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

/** The frame of an answer, or of an error where the answer itself can't be sent. */
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
