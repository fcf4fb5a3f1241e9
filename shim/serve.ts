/** The action `serve`: the server that lives as long as its containers. */
import { join } from "@std/path/posix";
import { checkSocketPath, sidePath } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { type Bootstrap, readBootstrap } from "./bootstrap.ts";
import { Publisher } from "./events.ts";
import { collectingGarbage } from "./garbage.ts";
import { say, sayListening, takeInput } from "./handshake.ts";
import { becomeSubreaper, hasChildren, setNonblocking, SIGTERM, SIGUSR1 } from "./libc/mod.ts";
import { createLogger, type Fields, fifoSink, type Logger } from "./logger.ts";
import { raiseOpenFiles } from "./open_files.ts";
import { Reactor } from "./reactor.ts";
import { chosenProtocol } from "./protocol.ts";
import { Reaper } from "./reaper.ts";
import { removeIfThere } from "./remove_if_there.ts";
import { watchSignals } from "./signals.ts";
import { reportState } from "./state_report.ts";
import { type Task, taskServices } from "./task.ts";
import { Server, type Service } from "./ttrpc/mod.ts";

const STDERR = 2;
/** How long the clients may take to read their last answers, in ms. */
const CLOSE_MS = 5_000;

/** What the server offers to its Task service. */
export interface Shim {
  readonly namespace: string;
  /** The bundle of the container that the server was started for. It may be gone before those of others that joined it. */
  readonly bundle: string;
  readonly logger: Logger;
  readonly reaper: Reaper;
  readonly reactor: Reactor;
  readonly events: Publisher;
  /** A path for a socket that lives for a moment, beside the server's own. */
  newSocketPath(): string;
  /**
   * Ends the server. From this call on nobody can connect; then the calls under way are answered and the events sent, and the
   * process exits.
   */
  shutdown(): void;
}

/** A Task service that can tell what it holds. */
export interface DescribedTask extends Task {
  /** A record for each process, whatever is worth knowing of it when the shim seems to hang. */
  describe(): Iterable<Fields>;
}

/** Makes the Task service of a server. */
export type CreateTask = (shim: Shim, bootstrap: Bootstrap) => Promise<DescribedTask>;

/**
 * Does the action; resolves when the server listens, which then lives until its Task service calls {@linkcode Shim.shutdown}.
 * @throws {Error} where it can't serve, having said so to `start`.
 */
export async function serve(args: Arguments, createTask: CreateTask): Promise<void> {
  try {
    await serveTask(args, createTask);
  } catch (error) {
    say((error as Error).message);
    throw error;
  }
  sayListening();
  // Deno loads what spawns commands when it is first touched, 2 ms: better now than while containerd waits for its container.
  void Deno.Command;
}

async function serveTask(args: Arguments, createTask: CreateTask): Promise<void> {
  if (args.socket === "") throw new Error("the flag -socket is required and can't be empty");
  checkSocketPath(args.socket);
  raiseOpenFiles();
  setNonblocking(STDERR);
  const bootstrap = readBootstrap(takeInput(), args);
  const logger = createLogger(fifoSink(join(args.bundle, "log")), bootstrap.debug, {
    pid: Deno.pid,
    namespace: args.namespace,
    id: args.id,
  });
  outliveFaults(logger);
  // runc would tell containerd's service manager that it is ready.
  Deno.env.delete("NOTIFY_SOCKET");

  becomeSubreaper();
  const reaper = new Reaper(logger);
  reaper.start();
  const { eventsAddress } = bootstrap;
  if (eventsAddress === undefined) logger.warn("containerd has no address: events go nowhere");
  const events = new Publisher(eventsAddress, args.namespace, logger);

  const shutdown = () => {
    removeIfThere(args.socket);
    // The answer to the call that asked for this goes out before the server closes.
    Promise.all([server.close(), events.sent]).then(() => Deno.exit(0));
    // A client that does not read its answers is not waited for.
    AbortSignal.timeout(CLOSE_MS).addEventListener("abort", () => server.abort());
  };
  let sockets = 0;
  const shim: Shim = {
    namespace: args.namespace,
    bundle: args.bundle,
    logger,
    reaper,
    reactor: new Reactor(logger),
    events,
    newSocketPath: () => sidePath(args.socket, ++sockets),
    shutdown,
  };
  const task = await createTask(shim, bootstrap);
  const services = collectingGarbage(taskServices(task));
  const server = await listen(args.socket, services, logger);
  const askToEnd = endAfterSigterm(reaper, server, () => {
    logger.info("the shim ends, as SIGTERM asked for");
    removeIfThere(args.socket);
    Deno.exit(0);
  });
  watchSignals(shim.reactor, ({ signal, sender }) => {
    if (signal === SIGTERM) return askToEnd();
    if (signal !== SIGUSR1) return logger.warn("ignored a signal", { signal, sender });
    reportState(logger, {
      processes: task.describe(),
      calls: server.calls,
      queuedEvents: events.queued,
    });
  });
  logger.debug("the shim listens", { socket: args.socket });
}

/** Serves by the chosen protocol, on a socket that only root may connect to from its first moment on. */
async function listen(
  path: string,
  services: ReadonlyMap<string, Service>,
  logger: Logger,
): Promise<Pick<Server, "close" | "abort" | "isConnected" | "onDisconnect" | "calls">> {
  const umask = Deno.umask(0o177);
  try {
    if (chosenProtocol() === "grpc") {
      const grpc = await import("./grpc/mod.ts");
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

/** One fault must not end a server that holds running containers. */
function outliveFaults(logger: Logger): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    logger.error("uncaught error", { error: event.error?.stack ?? event.message });
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    logger.error("unhandled rejection", { error: event.reason?.stack ?? event.reason });
  });
}

/**
 * Whoever takes a machine down sends SIGTERM to all that is left, and systemd waits a minute and a half for who does not end. The server
 * ends when it has neither a child nor a client any more: nobody can need it then, and before it a stray signal must cost no container.
 * @returns What is to be called when SIGTERM came.
 */
function endAfterSigterm(
  reaper: Reaper,
  server: Pick<Server, "isConnected" | "onDisconnect">,
  end: () => void,
): () => void {
  let isAsked = false;
  const endIfUnneeded = () => {
    if (isAsked && !server.isConnected && !hasChildren()) end();
  };
  reaper.onReaped = server.onDisconnect = endIfUnneeded;
  return () => {
    isAsked = true;
    endIfUnneeded();
  };
}
