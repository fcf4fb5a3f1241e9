/** The action `serve`: the server that lives as long as its containers. */
import {
  adjustOomScore,
  type Arguments,
  checkSocketPath,
  isAnswered,
  isTelemetryWanted,
  lastSpansSent,
  lockFile,
  lockPath,
  nameServer,
  readBootstrap,
  say,
  serverArguments,
  Spawned,
  type Start,
  takeTelemetryVariables,
} from "../bootstrap/mod.ts";
import { spareDoor } from "../bootstrap/first_door.ts";
import { removeIfThere } from "../common/mod.ts";
import { setCommandLine, SIGTERM, SIGUSR1 } from "../libc/mod.ts";
import { ownExecutable, watchSignals } from "../process/mod.ts";
import { readSettings } from "../settings/settings.ts";
import type { Service } from "../ttrpc/mod.ts";
import { endAfterSigterm } from "./end_after_sigterm.ts";
import { endWhenForgotten } from "./forgotten.ts";
import { collectingGarbage } from "./garbage.ts";
import type { ListeningServer } from "./listen.ts";
import { RunningShim } from "./running_shim.ts";
import { ServerProcess } from "./server_process.ts";
import type { CreateTask } from "./shim.ts";
import { Room } from "./room.ts";
import { Shims } from "./shims.ts";
import { taskServices, TaskUse } from "./task.ts";

/** What is served: of a program, see run.ts, what a server needs of it. */
export interface ServedProgram {
  readonly name: string;
  readonly createTask: CreateTask;
  /** Whether `createTask` may be called again, for another shim in this process. */
  readonly isReusable?: boolean;
}

/**
 * Does the action: serves until the Task service calls {@linkcode Shim.shutdown}, and then, as a spare (spare.ts), for the next `start`. If
 * another server listens already, this process ends.
 * @throws {Error} If it can't serve, which it tells `start`, or if `start` has given no answer. Its socket is gone then.
 */
export async function serve(
  args: Arguments,
  { name, createTask, isReusable = false }: ServedProgram,
): Promise<never> {
  let start: Start | undefined;
  try {
    if (args.socket === "") throw new Error("the flag -socket is required and can't be empty");
    checkSocketPath(args.socket);
    const telemetry = takeTelemetryVariables() ? await import("./telemetry.ts") : undefined;
    const server = new ServerProcess(name, await readSettings(name), isReusable, telemetry);
    start = new Spawned(args);
    let last = await serveAll(start, server, createTask);
    while (last !== undefined && server.mayBeSpare) {
      // Where many servers end, one is the spare; the others are not to load anything more.
      if (isAnswered(spareDoor(name, last.args.address, server.settings.share))) break;
      const { waitForStart } = await import("./spare.ts");
      const next = await waitForStart(server, last);
      if (next === undefined) break;
      adjustOomScore(Deno.pid, next.containerd);
      nameProcess(next.args);
      last = await serveAll(next, server, createTask);
    }
    if (server.telemetry) await lastSpansSent();
    return server.exit();
  } catch (error) {
    if (start === undefined) say((error as Error).message);
    throw error;
  }
}

/** Shows by the command line which container this process is for, as if it had been spawned for it. */
function nameProcess(args: Arguments): void {
  setCommandLine([ownExecutable(), ...serverArguments(args)]);
}

/**
 * Serves a shim, and those that join it while there is any.
 * @returns The last `start` that this process has served for; undefined if another one serves.
 */
async function serveAll(
  first: Start,
  server: ServerProcess,
  createTask: CreateTask,
): Promise<Start | undefined> {
  using _forbidden = server.forbidExit();
  using heeded = new DisposableStack();
  const ended = Promise.withResolvers<void>();
  const shims = new Shims();
  server.telemetry?.measure({
    running: () => shims.running,
    queuedEvents: () => shims.queuedEvents,
    lostLogLines: () => server.log.lostLines,
  });
  let last = first;

  const serve = async (start: Start, onListening = () => {}) => {
    room.enter();
    try {
      return await serveOne(start, server, shims, createTask, onListening);
    } catch (error) {
      start.refuse((error as Error).message);
      throw error;
    } finally {
      room.leave();
      if (room.isEmpty) ended.resolve();
      else if (shims.oldest !== undefined) nameProcess(shims.oldest.args);
    }
  };
  using room = await Room.of(server, first, (start) => {
    last = start;
    // It may be of a containerd that was restarted meanwhile.
    adjustOomScore(Deno.pid, start.containerd);
    serve(start).catch((error) => {
      server.log.warn("a container could not join", { id: start.args.id, error });
    });
  });

  const served = serve(first, () => {
    server.noteDescriptors();
    heeded.use(heedSignals(server, shims, () => room.close()));
    room.open();
  });
  await Promise.allSettled([served, ended.promise]);
  return await served ? last : undefined;
}

/**
 * Serves one shim, to its end.
 * @param shims Has it among them while it listens.
 * @param onListening Called when it listens, before `start` is told.
 * @returns Whether this process has served, and not another one.
 */
async function serveOne(
  start: Start,
  server: ServerProcess,
  shims: Shims,
  createTask: CreateTask,
  onListening: () => void,
): Promise<boolean> {
  const { args } = start;
  const bootstrap = readBootstrap(start.input, args);
  const asked = bootstrap.debug ? "debug" : "info";
  using log = server.log.open(args, server.settings.logLevel ?? asked);
  const shim = new RunningShim(server, args, bootstrap.eventsAddress, log);
  const task = await createTask(shim, bootstrap);
  const use = new TaskUse();
  use.onCreate(({ bundle }) => nameServer(bundle, args.socket));
  let services = collectingGarbage(taskServices(task, log, use));
  if (server.telemetry) services = server.telemetry.traced(services, server.settings.protocol);
  else if (isTelemetryWanted()) {
    log.warn("exports no traces and metrics: Deno did not start with them, as it has said before");
  }
  let listening: ListeningServer | undefined;
  try {
    listening = await listenFor(start, server, shim, services, onListening);
  } catch (error) {
    // This process may go on, for other shims.
    shim.shutdown();
    throw error;
  }
  if (listening === undefined) return false;
  using _listed = shims.add({ args, shim, task, listening });
  endWhenForgotten(listening, task, use, args.bundle);
  await shim.ended;
  return true;
}

/**
 * Makes the socket, and tells `start` of it. Its lock is held from before another server is looked for until containerd knows of this one.
 * @returns Undefined if another server listens there.
 * @throws {Error} If `start` has told nobody of it; the socket is gone then.
 */
async function listenFor(
  start: Start,
  server: ServerProcess,
  shim: RunningShim,
  services: ReadonlyMap<string, Service>,
  onListening: () => void,
): Promise<ListeningServer | undefined> {
  const { path } = shim.socket;
  using _lock = await lockFile(lockPath(path));
  if (isAnswered(path)) {
    start.found();
    return undefined;
  }
  removeIfThere(path);
  // If anything fails from here on, the socket is removed before the lock is released.
  using socket = shim.socket;
  const listening = await shim.listen(services);
  shim.logger.debug("the shim listens", { socket: path });
  onListening();
  if (!await start.listening(() => server.noteInherited())) {
    throw new Error("start has ended before it could tell anyone of the server");
  }
  socket.keep();
  return listening;
}

/** Ends the server by SIGTERM as soon as it can, and tells of its state by SIGUSR1, until it is disposed of. */
function heedSignals(server: ServerProcess, shims: Shims, closeDoor: () => void): Disposable {
  const { log, reaper, reactor } = server;
  const heeded = new DisposableStack();
  const termination = heeded.use(
    endAfterSigterm(reaper, shims, () => shims.allTold(), () => {
      closeDoor();
      shims.end();
      server.exit();
    }),
  );
  heeded.use(watchSignals(reactor, ({ signal, sender }) => {
    if (signal === SIGTERM) return termination.ask(sender);
    if (signal !== SIGUSR1) return log.warn("ignored a signal", { signal, sender });
    shims.report();
  }));
  return heeded;
}
