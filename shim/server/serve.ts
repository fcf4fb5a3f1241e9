/** The action `serve`: the server that lives as long as its containers. */
import { dirname, join } from "@std/path/posix";
import {
  type Arguments,
  checkSocketPath,
  chosenProtocol,
  isAnswered,
  isAnswerGiven,
  lockFile,
  lockPath,
  readBootstrap,
  removeAbandonedLocks,
  say,
  sayFound,
  sayListening,
  sidePath,
  takeGivenInput,
} from "../bootstrap/mod.ts";
import { createLogger, type Logger, orWarn, removeIfThere } from "../common/mod.ts";
import { becomeSubreaper, setNonblocking, SIGTERM, SIGUSR1 } from "../libc/mod.ts";
import { raiseOpenFiles, Reactor, Reaper, watchSignals } from "../process/mod.ts";
import { Server, type Service } from "../ttrpc/mod.ts";
import { endAfterSigterm } from "./end_after_sigterm.ts";
import { Publisher } from "./events.ts";
import { endWhenForgotten } from "./forgotten.ts";
import { collectingGarbage } from "./garbage.ts";
import { fifoSink } from "./log_fifo.ts";
import type { CreateTask, Shim } from "./shim.ts";
import { SocketFile } from "./socket_file.ts";
import { reportState } from "./state_report.ts";
import { taskServices, TaskUse } from "./task.ts";

const { exit } = Deno;
const STDERR = 2;
/** How long the clients may take to read their last answers, in ms. */
const CLOSE_MS = 5_000;

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
      exit(0);
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
  const use = new TaskUse();
  const services = collectingGarbage(taskServices(task, logger, use));

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
      processes: task.describe?.() ?? [],
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
  endWhenForgotten(server, task, use, args.bundle);
  forbidExit();
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

/** Whoever ends the server from now on would end all its containers' streams and lose their exits. */
function forbidExit(): void {
  Deno.exit = (code) => {
    throw new Error(`a Task service must not end the server, as by Deno.exit(${code ?? ""})`);
  };
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
