/** The action `serve`: the server, which lives as long as its containers. */
import { join } from "@std/path/posix";
import {
  type Arguments,
  checkSocketPath,
  isAnswered,
  isAnswerGiven,
  lockFile,
  lockPath,
  readBootstrap,
  say,
  sayFound,
  sayListening,
  takeGivenInput,
} from "../bootstrap/mod.ts";
import { createLogger, type Logger, removeIfThere } from "../common/mod.ts";
import { becomeSubreaper, setNonblocking, SIGTERM, SIGUSR1 } from "../libc/mod.ts";
import { raiseOpenFiles, watchSignals } from "../process/mod.ts";
import { endAfterSigterm } from "./end_after_sigterm.ts";
import { endWhenForgotten } from "./forgotten.ts";
import { collectingGarbage } from "./garbage.ts";
import type { ListeningServer } from "./listen.ts";
import { fifoSink } from "./log_fifo.ts";
import { RunningShim } from "./running_shim.ts";
import type { CreateTask } from "./shim.ts";
import { reportState } from "./state_report.ts";
import { type ServedTask, taskServices, TaskUse } from "./task.ts";

const STDERR = 2;

/**
 * Does the action. Resolves when the server listens; from then on it lives until its Task service calls {@linkcode Shim.shutdown}. If
 * another server listens already, this process ends.
 * @throws {Error} If it can't serve, which it tells `start`, or if `start` has given no answer. Its socket is gone then.
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
 * Sets up the server. The order matters: nothing is spawned before exits are reaped, and the socket's lock is held from before another
 * server is looked for until containerd knows of this one.
 * @returns Whether this process serves, and not another one.
 */
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
  // By this variable runc would report to systemd, which waits for containerd, that the service is ready.
  Deno.env.delete("NOTIFY_SOCKET");

  becomeSubreaper();
  const shim = new RunningShim(args, bootstrap.eventsAddress, logger);
  shim.reaper.start();
  const task = await createTask(shim, bootstrap);
  const use = new TaskUse();
  const services = collectingGarbage(taskServices(task, logger, use));

  using _lock = await lockFile(lockPath(args.socket));
  if (await isAnswered(args.socket)) {
    sayFound();
    return false;
  }
  removeIfThere(args.socket);
  // If anything fails from here on, the socket is removed before the lock is released.
  using socket = shim.socket;
  const server = await shim.listen(services);
  heedSignals(shim, task, server);
  logger.debug("the shim listens", { socket: args.socket });
  const nowhere = sayListening();
  // The first use of Deno.Command loads it, which takes 2 ms: now `start` has its answer, and no container waits yet.
  void Deno.Command;
  if (!isAnswerGiven(nowhere)) {
    throw new Error("start has ended before it could tell anyone of the server");
  }
  socket.keep();
  endWhenForgotten(server, task, use, args.bundle);
  forbidExit();
  return true;
}

/** Ends the server by SIGTERM as soon as it can, and tells of its state by SIGUSR1. */
function heedSignals(shim: RunningShim, task: ServedTask, server: ListeningServer): void {
  const { logger, reactor, events } = shim;
  const askToEnd = endAfterSigterm(shim.reaper, server, () => shim.allTold(), () => {
    logger.info("the shim ends, as SIGTERM asked for");
    shim.end();
  });
  watchSignals(reactor, ({ signal, sender }) => {
    if (signal === SIGTERM) return askToEnd();
    if (signal !== SIGUSR1) return logger.warn("ignored a signal", { signal, sender });
    reportState(logger, {
      processes: task.describe?.() ?? [],
      calls: server.calls,
      queuedEvents: events.queued,
    });
  });
}

/** Makes Deno.exit throw: a Task service that ended the server would end the streams of all containers, and lose their exits. */
function forbidExit(): void {
  Deno.exit = (code) => {
    throw new Error(`a Task service must not end the server, as by Deno.exit(${code ?? ""})`);
  };
}

/** Logs uncaught errors, by which Deno would end the server: it holds running containers. */
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
