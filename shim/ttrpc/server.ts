/**
 * The serving side of ttrpc: unary calls, any number of them at once on any number of connections.
 *
 * What a client can do wrong is taken as the Go server takes it: it costs the call, and not the connection, whose loss containerd
 * would take for the loss of the shim. Unlike the Go server this one does not read a client that does not read its answers, and tells
 * the log of one that stops within a frame.
 *
 * @module
 */

import { Request, Response } from "../../proto/mod.ts";
import type { Logger } from "../common/mod.ts";
import { startDeadline } from "./deadline.ts";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  FrameType,
  FrameWriter,
  OversizedFrameError,
} from "./frame.ts";
import { decodeMetadata, type Metadata } from "./metadata.ts";
import { StatusCode, StatusError, statusOf } from "./status.ts";

/** What a method may know of its call beside the payload. */
export interface Call {
  /** What came with the request, decoded when first asked for. */
  readonly metadata: Metadata;
  /** Aborts when nobody waits for the answer any more: the deadline passed or the client is gone. */
  readonly signal: AbortSignal;
  /** Aborts when the deadline passed, and not when only the client is gone. */
  readonly deadline: AbortSignal;
}

/**
 * One method: from the payload of the request to that of the answer. A thrown {@linkcode StatusError}
 * is answered with its code, anything else that is thrown with {@linkcode StatusCode.UNKNOWN}.
 */
export type Method = (payload: Uint8Array, call: Call) => Promise<Uint8Array> | Uint8Array;

/** The methods of one service by the names of their RPCs; own properties only. */
export interface Service {
  readonly [method: string]: Method;
}

/** A call that is not answered yet, for people who look why. */
export interface CallUnderWay {
  /** `containerd.task.v2.Task/Create` */
  readonly method: string;
  /** Since when. */
  readonly since: Date;
}

/** Where a server tells why it ended a connection. */
type ServerLogger = Pick<Logger, "warn" | "debug">;

/** Serves services, by their full names (`containerd.task.v2.Task`), until it is closed. */
export class Server {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #logger: ServerLogger | undefined;
  readonly #listeners = new Set<Deno.Listener>();
  readonly #connections = new Set<Connection>();
  readonly #disconnectListeners: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(services: ReadonlyMap<string, Service>, logger?: ServerLogger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** Whether there is a client. */
  get isConnected(): boolean {
    return this.#connections.size > 0;
  }

  /** The calls that are not answered yet. */
  get calls(): readonly CallUnderWay[] {
    return [...this.#connections].flatMap((connection) => connection.calls);
  }

  /** Calls `listener` from now on whenever a client has gone. */
  onDisconnect(listener: () => void): void {
    this.#disconnectListeners.push(listener);
  }

  /**
   * Accepts connections and answers their calls. Resolves when {@linkcode Server.close} has done its
   * work; the listener is closed then.
   *
   * @throws what `accept` throws, but for a lack of file descriptors, which passes
   */
  async serve(listener: Deno.Listener): Promise<void> {
    if (this.#closing) listener.close();
    else this.#listeners.add(listener);
    while (!this.#closing) {
      try {
        const conn = await listener.accept();
        if (this.#closing) conn.close();
        else this.#connect(conn);
      } catch (error) {
        if (this.#closing) break;
        if (!isLackOfDescriptors(error)) {
          this.#listeners.delete(listener);
          throw error;
        }
        this.#logger?.warn("ttrpc: can't accept a connection yet", { error: error.message });
        // The connection waits in the listener's queue, and nothing tells when a descriptor is free.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    await this.#closing;
  }

  /**
   * Accepts no more connections and takes no more calls (they are answered `UNAVAILABLE`). Resolves
   * when every call that runs is answered, every answer is written and every connection is closed. A
   * method that closes the server must not await this: it would wait for its own answer. Calls may
   * run without end and clients may not read, so bound it with {@linkcode Server.abort}.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      for (const listener of this.#listeners) listener.close();
      this.#closing = Promise.all(Array.from(this.#connections, (each) => each.drain()))
        .then(() => {});
    }
    return this.#closing;
  }

  /** Closes every connection at once, so that a {@linkcode Server.close} under way resolves. */
  abort(): void {
    for (const connection of this.#connections) connection.end();
  }

  #connect(conn: Deno.Conn): void {
    const connection = new Connection(conn, this.#services, this.#logger);
    this.#connections.add(connection);
    connection.ended.then(() => {
      this.#connections.delete(connection);
      for (const listener of this.#disconnectListeners) listener();
    });
  }
}

function isLackOfDescriptors(error: unknown): error is Error {
  return error instanceof Error && "code" in error &&
    (error.code === "EMFILE" || error.code === "ENFILE");
}

/** One client's connection. */
class Connection {
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

  /** See {@linkcode Server.calls}. */
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

/** A call from its request to its answer; a timer or an AbortController exists only where asked for. */
class RunningCall implements Call, CallUnderWay {
  readonly method: string;
  readonly since = new Date();
  readonly #pairs: Request["metadata"];
  readonly #stopDeadline: () => void;
  readonly #abandoned = new LazySignal();
  readonly #late = new LazySignal();
  #metadata: Metadata | undefined;

  constructor({ service, method, metadata, timeoutNano }: Request, passed: () => void) {
    this.method = `${service}/${method}`;
    this.#pairs = metadata;
    this.#stopDeadline = startDeadline(timeoutNano ? timeoutNano / 1e6 : Infinity, passed);
  }

  get metadata(): Metadata {
    return this.#metadata ??= decodeMetadata(this.#pairs);
  }

  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  get deadline(): AbortSignal {
    return this.#late.signal;
  }

  /** Ends the deadline; with a reason, tells the method that its answer is of no use any more. */
  end(abandoned?: StatusError): void {
    this.#stopDeadline();
    if (!abandoned) return;
    this.#abandoned.abort(abandoned);
    if (abandoned.code === StatusCode.DEADLINE_EXCEEDED) this.#late.abort(abandoned);
  }
}

/** A signal that is made when it is first asked for, be it that it has aborted by then. */
class LazySignal {
  #controller: AbortController | undefined;
  #reason: StatusError | undefined;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: StatusError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
