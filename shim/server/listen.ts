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
      await privatelyInTime(() => server.listen(path));
      return server;
    }
    const server = new Server(services, logger);
    const listener = privately(() => Deno.listen({ transport: "unix", path }));
    server.serve(listener).catch((error) => {
      logger.error("can't accept connections any more", { error });
    });
    return server;
  } catch (error) {
    throw new Error(`can't listen on ${path}: ${(error as Error).message}`);
  }
}

/** Makes a socket to which only root, or whose this process is, may connect from its first moment on. */
export function privately<Made>(make: () => Made): Made {
  const umask = Deno.umask(0o177);
  try {
    return make();
  } finally {
    Deno.umask(umask);
  }
}

/** {@linkcode privately}, for a process that makes nothing else meanwhile: it would all be private. */
async function privatelyInTime(make: () => Promise<void>): Promise<void> {
  const umask = Deno.umask(0o177);
  try {
    await make();
  } finally {
    Deno.umask(umask);
  }
}
