/** How a server comes to listen. */
import { chosenProtocol } from "../bootstrap/mod.ts";
import type { Logger } from "../common/mod.ts";
import { Server, type Service } from "../ttrpc/mod.ts";

/** A server that listens, by either protocol. */
export type ListeningServer = Pick<
  Server,
  "close" | "abort" | "isConnected" | "onDisconnect" | "calls"
>;

/**
 * Serves by the chosen protocol, on a socket that only root may connect to from its first moment on.
 * @throws {Error} where there can be no such socket.
 */
export async function listen(
  path: string,
  services: ReadonlyMap<string, Service>,
  logger: Logger,
): Promise<ListeningServer> {
  const umask = Deno.umask(0o177);
  try {
    if (chosenProtocol() === "grpc") {
      const grpc = await import("../grpc/mod.ts");
      const server = new grpc.Server(services);
      await server.listen(path);
      return server;
    }
    const server = new Server(services, logger);
    server.serve(Deno.listen({ transport: "unix", path })).catch((error) => {
      logger.error("can't accept connections any more", { error });
    });
    return server;
  } catch (error) {
    throw new Error(`can't listen on ${path}: ${(error as Error).message}`);
  } finally {
    Deno.umask(umask);
  }
}
