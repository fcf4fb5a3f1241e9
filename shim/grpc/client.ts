/** The calling side of gRPC: unary calls over HTTP/2, without TLS, on a unix socket. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { startDeadline } from "../ttrpc/deadline.ts";
import { type CallOptions, StatusCode, StatusError } from "../ttrpc/mod.ts";
import { CONTENT_TYPE, encodeMessage, MessageReader } from "./message.ts";
import { decodeStatus } from "./status.ts";

type Headers = Readonly<Record<string, string>>;

/** A connection to a server; the same to its users as that of ttrpc. */
export class Client {
  readonly #session: ClientHttp2Session;
  readonly #headers: Headers;

  private constructor(session: ClientHttp2Session, headers: Headers) {
    this.#session = session;
    this.#headers = headers;
    // The calls under way fail each on its own, and later ones since it is closed.
    session.on("error", () => {});
  }

  /**
   * Connects to the server that listens on a unix socket.
   *
   * @param headers What goes with every call beside its payload.
   * @throws {Error} if there is none
   */
  static async connect(path: string, headers: Headers = {}): Promise<Client> {
    // Not before it is needed: HTTP/2 takes 30 ms and 6 MiB.
    const [http2, net] = await Promise.all([import("node:http2"), import("node:net")]);
    const socket = net.connect({ path });
    const session = http2.connect("http://localhost", { createConnection: () => socket });
    await new Promise((resolve, reject) => {
      session.once("connect", resolve);
      session.once("error", reject);
    });
    return new Client(session, headers);
  }

  /**
   * Calls a method and resolves to the payload of its answer.
   *
   * @throws {StatusError} with the code and message of the answer; `UNAVAILABLE` if the connection is lost, `DEADLINE_EXCEEDED` if no
   * answer came in time, `INTERNAL` if the answer makes no sense
   */
  async call(
    service: string,
    method: string,
    payload: Uint8Array,
    { timeoutMs = Infinity }: Pick<CallOptions, "timeoutMs"> = {},
  ): Promise<Uint8Array> {
    const path = `/${service}/${method}`;
    const stream = this.#request({
      ...this.#headers,
      ":method": "POST",
      ":path": path,
      "content-type": CONTENT_TYPE,
      te: "trailers",
    });
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const stopDeadline = startDeadline(timeoutMs, () => {
      const message = `${path}: no answer within ${timeoutMs} ms`;
      reject(new StatusError(StatusCode.DEADLINE_EXCEEDED, message));
      stream.close();
    });
    receive(stream, resolve, reject);
    stream.end(encodeMessage(payload));
    try {
      return await promise;
    } finally {
      stopDeadline();
    }
  }

  /** Closes the connection. Calls under way fail with `UNAVAILABLE`. */
  close(): void {
    this.#session.destroy();
  }

  #request(headers: Headers): ClientHttp2Stream {
    try {
      return this.#session.request(headers);
    } catch (error) {
      throw unavailable(error as Error);
    }
  }
}

/** Receives the answer. The status comes with the trailers, or with the headers where there is no message. */
function receive(
  stream: ClientHttp2Stream,
  resolve: (message: Uint8Array) => void,
  reject: (error: unknown) => void,
): void {
  const reader = new MessageReader();
  let headers: IncomingHttpHeaders = {};
  stream.on("response", (response) => headers = response);
  stream.on("trailers", (trailers) => headers = { ...headers, ...trailers });
  stream.on("data", (piece: Uint8Array) => {
    try {
      reader.add(piece);
    } catch (error) {
      reject(error);
      stream.close();
    }
  });
  stream.on("error", (error) => reject(unavailable(error)));
  stream.once("close", () => {
    try {
      const error = decodeStatus(headers);
      if (error) throw error;
      resolve(reader.end());
    } catch (error) {
      reject(error);
    }
  });
}

function unavailable(error: Error): StatusError {
  return new StatusError(StatusCode.UNAVAILABLE, `connection lost: ${error.message}`);
}
