/** The action `serve`: the server that lives as long as its containers. */
import { dirname, join } from "@std/path/posix";
import { checkSocketPath, isAnswered, lockPath, sidePath } from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { type Bootstrap, readBootstrap } from "./bootstrap.ts";
import { endAfterSigterm } from "./end_after_sigterm.ts";
import { Publisher } from "./events.ts";
import { endWhenForgotten } from "./forgotten.ts";
import { collectingGarbage } from "./garbage.ts";
import { isAnswerGiven, say, sayFound, sayListening, takeGivenInput } from "./handshake.ts";
import { becomeSubreaper, setNonblocking, SIGTERM, SIGUSR1 } from "./libc/mod.ts";
import { createLogger, type Fields, fifoSink, type Logger } from "./logger.ts";
import { lockFile, removeAbandonedLocks } from "./lock_file.ts";
import { raiseOpenFiles } from "./open_files.ts";
import { orWarn } from "./or_warn.ts";
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
  /** Work that goes on after an exit and ends by telling of it: a server that ends by SIGTERM waits for it, with a bound. */
  awaitBeforeEnd(work: Promise<unknown>): void;
  /**
   * Ends the server. From this call on nobody can connect; then the calls under way are answered and the events sent, and the
   * process exits.
   */
  shutdown(): void;
}

/** A Task service that can tell what it holds. */
export interface DescribedTask extends Task {
  /** The RPC, and what the server itself calls when nobody uses it: ends the server unless it holds a container. */
  shutdown(): void;
  /** Whether a Create has ever come. */
  readonly wasUsed: boolean;
  /** A record for each process, whatever is worth knowing of it when the shim seems to hang. */
  describe(): Iterable<Fields>;
}

/** Makes the Task service of a server. */
export type CreateTask = (shim: Shim, bootstrap: Bootstrap) => Promise<DescribedTask>;

/**
 * Does the action; resolves when the server listens, which then lives until its Task service calls {@linkcode Shim.shutdown}. Where
 * another one listens already, it ends.
 * @throws {Error} where it can't serve, having said so to `start`, or where `start` has told nobody of it. Its socket is gone then.
 */
export async function serve(args: Arguments, createTask: CreateTask): Promise<void> {
  try {
    if (!await serveTask(args, createTask)) Deno.exit(0);
  } catch (error) {
    say((error as Error).message);
    throw error;
  }
}

/**
 * The file of the server's socket. Another server may have one with the same path by the time that this one ends: that stays. Disposed
 * of, it is removed unless it is to be kept.
 */
class SocketFile implements Disposable {
  #inode: number | undefined;
  #isKept = false;

  constructor(readonly path: string) {}

  /** To be called when the server has made it. */
  made(): void {
    this.#inode = this.#inodeNow();
  }

  /** To be called when somebody knows of the server. */
  keep(): void {
    this.#isKept = true;
  }

  remove(): void {
    if (this.#inode !== undefined && this.#inode === this.#inodeNow()) removeIfThere(this.path);
  }

  [Symbol.dispose](): void {
    if (!this.#isKept) this.remove();
  }

  #inodeNow(): number | undefined {
    try {
      return Deno.lstatSync(this.path).ino ?? undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }
}

/** @returns Whether it serves, and not another server. */
async function serveTask(args: Arguments, createTask: CreateTask): Promise<boolean> {
  if (args.socket === "") throw new Error("the flag -socket is required and can't be empty");
  checkSocketPath(args.socket);
  raiseOpenFiles();
  setNonblocking(STDERR);
  const bootstrap = readBootstrap(takeGivenInput(), args);
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

  const socket = new SocketFile(args.socket);
  const end = () => {
    try {
      socket.remove();
      removeAbandonedLocks(dirname(socket.path));
    } finally {
      // Whatever became of the folder.
      Deno.exit(0);
    }
  };
  const shutdown = () => {
    const closed = server.close();
    // By the path alone Deno's listener has done so already, gRPC's may do so later, when it may be another server's.
    // A folder that is gone, or on a full or broken file system, must not keep the server alive.
    void orWarn(logger, "remove the socket", () => socket.remove());
    // The answer to the call that asked for this goes out before the server closes.
    Promise.all([closed, events.sent]).then(end);
    // A client that does not read its answers is not waited for.
    AbortSignal.timeout(CLOSE_MS).addEventListener("abort", () => server.abort());
  };
  let sockets = 0;
  const unfinished = new Set<Promise<unknown>>();
  const shim: Shim = {
    namespace: args.namespace,
    bundle: args.bundle,
    logger,
    reaper,
    reactor: new Reactor(logger),
    events,
    newSocketPath: () => sidePath(socket.path, ++sockets),
    awaitBeforeEnd(work) {
      unfinished.add(work);
      const remove = () => void unfinished.delete(work);
      work.then(remove, remove);
    },
    shutdown,
  };
  const task = await createTask(shim, bootstrap);
  const services = collectingGarbage(taskServices(task));

  using _lock = await lockFile(lockPath(socket.path));
  if (await isAnswered(socket.path)) {
    sayFound();
    return false;
  }
  removeIfThere(socket.path);
  // Where it must go, it goes before the lock does.
  using _socket = socket;
  const server = await listen(socket.path, services, logger);
  socket.made();
  const askToEnd = endAfterSigterm(
    reaper,
    server,
    () => Promise.allSettled(unfinished).then(() => events.sent),
    () => {
      logger.info("the shim ends, as SIGTERM asked for");
      end();
    },
  );
  watchSignals(shim.reactor, ({ signal, sender }) => {
    if (signal === SIGTERM) return askToEnd();
    if (signal !== SIGUSR1) return logger.warn("ignored a signal", { signal, sender });
    reportState(logger, {
      processes: task.describe(),
      calls: server.calls,
      queuedEvents: events.queued,
    });
  });
  logger.debug("the shim listens", { socket: socket.path });
  const nowhere = sayListening();
  // Deno loads what spawns commands when it is first touched, 2 ms: better now than while containerd waits for its container.
  void Deno.Command;
  if (!isAnswerGiven(nowhere)) {
    throw new Error("start has ended before it could tell anyone of the server");
  }
  socket.keep();
  endWhenForgotten(server, task, args.bundle);
  return true;
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
