/** The serving side of gRPC: unary calls over HTTP/2, without TLS, on a unix socket. */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Logger } from "../logger.ts";
import { startDeadline } from "../ttrpc/deadline.ts";
import { type Call, type Method, type Service, StatusCode, StatusError } from "../ttrpc/mod.ts";
import { CONTENT_TYPE, encodeMessage, MessageReader } from "./message.ts";
import { encodeStatus } from "./status.ts";

/** Serves services, by their full names (`containerd.task.v3.Task`), until it is closed. */
export class Server {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #logger: Logger;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Accepts no more connections; resolves when all are closed. */
  #stop: () => Promise<void> = () => Promise.resolve();

  constructor(services: ReadonlyMap<string, Service>, logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  /**
   * Makes a unix socket, listens on it, and from then on answers calls.
   *
   * @throws {Error} if it can't be made
   */
  async listen(path: string): Promise<void> {
    // Not before it is needed: HTTP/2 takes 30 ms and 6 MiB.
    const { createServer } = await import("node:http2");
    const server = createServer();
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    server.on("sessionError", (error) => {
      // containerd makes one connection only to see whether anybody answers.
      this.#logger.debug("gRPC: connection ended", { error });
    });
    server.on("stream", (stream, headers) => this.#receive(stream as ServerHttp2Stream, headers));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path }, resolve);
    });
    server.on("error", (error) => this.#logger.warn("gRPC: can't accept a connection", { error }));
    this.#stop = () => new Promise((resolve) => server.close(() => resolve()));
  }

  /**
   * Accepts no more connections and takes no more calls. Resolves when every call that runs is answered and every connection is
   * closed. Calls may run without end and clients may not read, so bound it with {@linkcode Server.abort}.
   */
  async close(): Promise<void> {
    const stopped = this.#stop();
    for (const session of this.#sessions) session.close();
    await stopped;
  }

  /** Closes every connection at once, so that a {@linkcode Server.close} under way resolves. */
  abort(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = new RunningCall(stream, headers);
    const reader = new MessageReader();
    stream.on("data", (piece: Uint8Array) => call.orFail(() => reader.add(piece)));
    stream.once("end", () =>
      call.orFail(async () => {
        const method = this.#find(headers);
        call.answer(await method(reader.end(), call));
      }));
    // A client that went away or gave its call up: nobody waits for an answer.
    stream.on("error", (error) => this.#logger.debug("gRPC: call ended", { error }));
  }

  /** @throws {StatusError} where there is no such method. */
  #find({ ":path": path = "", "content-type": type }: IncomingHttpHeaders): Method {
    if (!type?.startsWith(CONTENT_TYPE)) {
      const message = `expected the content type ${CONTENT_TYPE}, not ${type}`;
      throw new StatusError(StatusCode.INVALID_ARGUMENT, message);
    }
    const [, service = "", method = ""] = path.split("/");
    const methods = this.#services.get(service);
    if (methods && Object.hasOwn(methods, method)) return methods[method];
    throw new StatusError(StatusCode.UNIMPLEMENTED, `${path} is not served here`);
  }
}

/** A call from its headers to its answer. */
class RunningCall implements Call {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #controller = new AbortController();
  readonly #stopDeadline: () => void;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.#headers = headers;
    this.#stopDeadline = startDeadline(parseTimeout(headers["grpc-timeout"]), () => {
      this.#fail(new StatusError(StatusCode.DEADLINE_EXCEEDED, "the call's deadline passed"));
    });
    stream.once("close", () => this.#end());
  }

  get metadata(): Call["metadata"] {
    const pairs = Object.entries(this.#headers).filter(([key]) => !key.startsWith(":"));
    return new Map(pairs.map(([key, value]) => [key, [value ?? ""].flat()]));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Does some of the call's work; what it throws is the answer. */
  async orFail(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  answer(message: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#stream.respond(HEADERS, { waitForTrailers: true });
    this.#stream.once("wantTrailers", () => this.#stream.sendTrailers({ "grpc-status": "0" }));
    this.#stream.end(encodeMessage(message));
  }

  #fail(error: unknown): void {
    if (!this.#isOpen) return;
    this.#stream.respond({ ...HEADERS, ...encodeStatus(error) }, { endStream: true });
    this.#end();
  }

  get #isOpen(): boolean {
    return !this.#stream.headersSent && !this.#stream.destroyed;
  }

  #end(): void {
    this.#stopDeadline();
    this.#controller.abort();
  }
}

const HEADERS = { ":status": 200, "content-type": CONTENT_TYPE };

/** The units of the header `grpc-timeout`, in milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The header `grpc-timeout` in milliseconds; without a limit where there is none. */
function parseTimeout(header: string | string[] | undefined): number {
  const [, number, unit] = /^(\d{1,8})([HMSmun])$/.exec(`${header}`) ?? [];
  return number === undefined ? Infinity : Number(number) * UNITS[unit];
}
