/** A client by gRPC's own library, to see our server through other eyes than our own client's. */
import { fromFileUrl } from "@std/path";
import { StatusError } from "../shim/ttrpc/mod.ts";

const LIBRARY = "npm:@grpc/grpc-js@1.14.7";
const PEER = fromFileUrl(new URL("grpc_js_peer.mjs", import.meta.url));

/** A line that the peer writes. */
type Told = { closed: true } | { call: number; payload?: string; code: number; message: string };

/**
 * A connection to a server. It is that of a process of its own, without this repository's configuration: what the library depends on
 * shall not come into the lock file, from which everybody fetches.
 */
export class GrpcJsClient {
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  readonly #peer: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #calls: PromiseWithResolvers<Uint8Array>[] = [];

  /** @param path That of the server's socket. */
  constructor(path: string) {
    this.#peer = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-lock", "--no-config", "--allow-all", PEER, LIBRARY, path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#peer.stdin.getWriter();
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    this.#follow(closed.resolve);
  }

  /** @throws {StatusError} as the server answers it. */
  async call(service: string, method: string, payload: Uint8Array): Promise<Uint8Array> {
    const call = Promise.withResolvers<Uint8Array>();
    this.#calls.push(call);
    const line = { path: `/${service}/${method}`, payload: new Uint8Array(payload).toHex() };
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    return await call.promise;
  }

  /** Closes the connection, when the calls under way are answered. */
  close(): void {
    this.#writer.close();
  }

  /** {@linkcode close}, and waits for the end of the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#peer.status;
  }

  async #follow(closed: () => void): Promise<void> {
    let text = "";
    for await (const part of this.#peer.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n");
      text = lines.pop()!;
      for (const told of lines.map((line): Told => JSON.parse(line))) {
        if ("closed" in told) closed();
        else if (told.payload === undefined) {
          this.#calls[told.call].reject(new StatusError(told.code, told.message));
        } else this.#calls[told.call].resolve(Uint8Array.fromHex(told.payload));
      }
    }
  }
}
