/** The server side of gRPC: unary calls, without TLS, on a unix socket. */
import type { handleUnaryCall, Server as GrpcServer, ServiceDefinition } from "@grpc/grpc-js";
import { type CallUnderWay, type Method, type Service, statusOf } from "../ttrpc/mod.ts";
import { type Codec, loadGrpc } from "./library.ts";

/** Serves services, which have their full names (`containerd.task.v3.Task`) for keys, until it is closed. */
export class Server {
  readonly #services: ReadonlyMap<string, Service>;
  #server: GrpcServer | undefined;

  constructor(services: ReadonlyMap<string, Service>) {
    this.#services = services;
  }

  // The library does not tell who is connected, who has gone, and what is called.
  readonly isConnected = true;
  readonly calls: readonly CallUnderWay[] = [];
  onDisconnect(_listener: () => void): void {}

  /**
   * Makes a unix socket, listens on it, and answers calls from then on.
   * @throws {Error} If the socket can't be made.
   */
  async listen(path: string): Promise<void> {
    const { grpc, codec } = await loadGrpc();
    // With the option channelz turned off, the library (1.14.7) forgets its connections, and abort would close none.
    const server = new grpc.Server();
    for (const [name, service] of this.#services) {
      const handlers = Object.entries(service).map(([method, run]) => [method, handler(run)]);
      server.addService(definition(name, service, codec), Object.fromEntries(handlers));
    }
    const credentials = grpc.ServerCredentials.createInsecure();
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${path}`, credentials, (error) => error ? reject(error) : resolve());
    });
    this.#server = server;
  }

  /**
   * Accepts no more connections and no more calls. Resolves when all calls under way are answered and all connections closed. A call
   * may go on without end, and a client may not read; {@linkcode Server.abort} ends the wait.
   */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#server) this.#server.tryShutdown(() => resolve());
      else resolve();
    });
  }

  /** Closes every connection at once, so that a {@linkcode Server.close} under way resolves. */
  abort(): void {
    this.#server?.forceShutdown();
  }
}

/** The definition of a service for the library. */
function definition(name: string, service: Service, codec: Codec): ServiceDefinition {
  const methods = Object.keys(service).map((method) => [method, {
    path: `/${name}/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: codec.serialize,
    requestDeserialize: codec.deserialize,
    responseSerialize: codec.serialize,
    responseDeserialize: codec.deserialize,
  }]);
  return Object.fromEntries(methods);
}

/** A method as the library calls it. */
function handler(method: Method): handleUnaryCall<Uint8Array, Uint8Array> {
  return async (call, answer) => {
    const abandoned = new AbortController();
    const late = new AbortController();
    call.once("cancelled", () => {
      abandoned.abort();
      if (Number(call.getDeadline()) <= Date.now()) late.abort();
    });
    const headers = Object.entries(call.metadata.toHttp2Headers());
    const metadata = new Map(
      headers.map(([key, value]) => [key, [value ?? ""].flat().map(String)]),
    );
    try {
      const { signal } = abandoned;
      answer(null, await method(call.request, { metadata, signal, deadline: late.signal }));
    } catch (error) {
      const { code, message } = statusOf(error);
      answer({ code, details: message });
    }
  };
}
