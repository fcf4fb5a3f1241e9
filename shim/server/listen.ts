/** How a server comes to listen. */
import type { Logger } from "../common/mod.ts";
import type { Protocol } from "../settings/settings.ts";
import { Server, type Service } from "../ttrpc/mod.ts";

/** A server that listens, by either protocol. */
export type ListeningServer = Pick<
  Server,
  "close" | "abort" | "isConnected" | "onDisconnect" | "calls"
>;

/**
 * Serves on a socket that only root may connect to from its first moment on.
 * @throws {Error} where there can be no such socket.
 */
export async function listen(
  path: string,
  protocol: Protocol,
  services: ReadonlyMap<string, Service>,
  logger: Logger,
): Promise<ListeningServer> {
  try {
    if (protocol === "grpc") {
      const grpc = await import("../grpc/mod.ts");
      const server = new grpc.Server(services);
      // The server makes nothing else meanwhile.
      using _private = makingPrivate();
      await server.listen(path);
      return server;
    }
    const server = new Server(services, logger);
    server.serve(listenPrivately(path)).catch((error) => {
      logger.error("can't accept connections any more", { error });
    });
    return server;
  } catch (error) {
    throw new Error(`can't listen on ${path}: ${(error as Error).message}`);
  }
}

/**
 * Listens on a unix socket to which only root, or whose this process is, may connect from its first moment on.
 * @throws {Error} If there can be no such socket.
 */
export function listenPrivately(path: string): Deno.Listener {
  using _private = makingPrivate();
  return Deno.listen({ transport: "unix", path });
}

/** Makes all files private that are made until it is disposed of. */
function makingPrivate(): Disposable {
  const umask = Deno.umask(0o177);
  return { [Symbol.dispose]: () => void Deno.umask(umask) };
}
