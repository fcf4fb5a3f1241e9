/** A container: its init, the processes exec'd in it, and the order in which they begin and end. */
import type {
  Any,
  CheckpointOptions,
  CreateTaskRequest,
  ExecProcessRequest,
} from "../proto/mod.ts";
import { keepExit } from "../shim/bootstrap/keep_exit.ts";
import {
  killIfThere,
  orWarn,
  type Shim,
  SIGKILL,
  StatusCode,
  StatusError,
  toTimestamp,
} from "../shim/mod.ts";
import { hasOwnPidNamespace, keepRuntime, readSpec, runtimeOf } from "./bundle/mod.ts";
import { Cgroup, ownCgroupFoldersOf, readShimCgroups, type ShimCgroups } from "./cgroup/mod.ts";
import { DirectRunc } from "./direct/mod.ts";
import { Exec } from "./exec.ts";
import { Init, UNASKED_MS } from "./init.ts";
import { decodeOptions, withImplied } from "./options/mod.ts";
import { type ContainerContext, notMade, type Process, type State } from "./process.ts";
import { killTree, withDescendants, youngChildrenBeside } from "./process_tree.ts";
import { Runc, RuncError, wasKilled } from "./runc.ts";

/** SIGRTMAX, see signal(7). */
const LAST_SIGNAL = 64;

/** A container, made by {@linkcode Container.create}. */
export class Container {
  readonly #execs = new Map<string, Exec>();
  /** The starts of execs that have not ended yet. */
  readonly #starting = new Set<Promise<unknown>>();
  #shimCgroups: ShimCgroups | undefined;

  /**
   * Creates a container, whose init then waits for {@linkcode start}.
   * @param signal Kills the runtime's command when it aborts, see {@linkcode Runc.within}; here and below.
   * @throws {Error} If it fails; nothing is left of the container then.
   */
  static async create(
    shim: Shim,
    request: CreateTaskRequest,
    signal: AbortSignal,
  ): Promise<Container> {
    const { id, bundle } = request;
    const given = await decodeOptions(request.options, shim.logger);
    const spec = readSpec(bundle);
    const options = withImplied(given, spec);
    keepRuntime(bundle, options);
    const runtime = runtimeOf(options, shim.namespace);
    const runc = new Runc(shim.reaper, { ...runtime, bundle });
    const direct = new DirectRunc(shim, runtime, id);
    const owner = { uid: options.ioUid, gid: options.ioGid };
    const onOom = () => shim.events.publish("TaskOOM", { containerId: id });
    const cgroup = new Cgroup(shim.reactor, onOom);
    const context = { shim, id, bundle, runc, direct, cgroup, owner };
    const init = new Init(context, request, options);
    const container = new Container(context, request, init, hasOwnPidNamespace(spec));
    await container.#create(signal);
    return container;
  }

  private constructor(
    private readonly context: ContainerContext,
    private readonly request: CreateTaskRequest,
    readonly init: Init,
    private readonly ownPidNamespace: boolean,
  ) {}

  get bundle(): string {
    return this.context.bundle;
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { init, request: { id, bundle, rootfs, checkpoint, ...io } } = this;
    await init.create(signal, () => this.#prepareWatch());
    if (init.state === "created") this.#watchInit();
    this.context.shim.events.publish("TaskCreate", {
      containerId: id,
      bundle,
      rootfs,
      io,
      checkpoint,
      pid: init.pid,
    });
  }

  /** Does, while the runtime makes init, what is needed to watch it and can be done before it is there. */
  #prepareWatch(): void {
    const { shim: { logger }, direct, id } = this.context;
    direct.recognize();
    orWarn(logger, `look at the shim's cgroups for ${id}`, () => {
      this.#shimCgroups = readShimCgroups();
    });
  }

  /** Begins to watch for OOMs and for the exit of init; called as soon as there is a process for it. */
  #watchInit(): void {
    const { shim: { logger }, cgroup, id } = this.context;
    try {
      // A created init has not run yet, so that none of its OOMs is missed; the last one is published before its exit.
      cgroup.watch(ownCgroupFoldersOf(this.init.pid, this.#shimCgroups));
    } catch (error) {
      logger.warn("can't watch the container's cgroup", { id, error });
    }
    this.#whenReaped(this.init, () => this.#stopInit());
  }

  /**
   * Finds a process.
   * @param execId The exec id, or an empty string for init.
   * @throws {StatusError} NOT_FOUND if there is no such exec.
   */
  process(execId: string): Process {
    return execId === "" ? this.init : this.#exec(execId);
  }

  /** Init, and the execs that are not deleted. */
  get processes(): Process[] {
    return [this.init, ...this.#execs.values()];
  }

  /** Waits until a start that is under way has ended: only then the process has a pid, and its terminal is here. */
  async #untilStarted(process: Process): Promise<void> {
    if (process.pid === 0) await process.changes.idle;
  }

  /** The state of a process. In a paused container every process is paused. */
  stateOf(process: Process): State {
    return this.#isPaused ? this.init.state : process.state;
  }

  /** Whether the container is paused, or a pause of it is under way. */
  get #isPaused(): boolean {
    return this.init.state === "paused" || this.init.state === "pausing";
  }

  #exec(execId: string): Exec {
    const exec = this.#execs.get(execId);
    if (exec !== undefined) return exec;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no process with the exec id ${execId}`);
  }

  /** Starts init or an exec; resolves to its pid. */
  start(execId: string, signal: AbortSignal): Promise<number> {
    return execId === "" ? this.#startInit(signal) : this.#startExec(this.#exec(execId), signal);
  }

  #startInit(signal: AbortSignal): Promise<number> {
    const { init, context: { shim, id } } = this;
    return init.changes.run(async () => {
      const isRestored = init.state === "checkpointed";
      await init.start(signal);
      if (isRestored) this.#watchInit();
      shim.events.publish("TaskStart", { containerId: id, pid: init.pid });
      return init.pid;
    });
  }

  /**
   * Adds an exec, which then waits for {@linkcode start}.
   * @throws {StatusError} FAILED_PRECONDITION if init does not run, ALREADY_EXISTS if the exec id is taken.
   */
  exec(request: ExecProcessRequest): void {
    const { execId } = request;
    this.#checkAlive();
    if (this.#execs.has(execId)) {
      throw new StatusError(StatusCode.ALREADY_EXISTS, `the exec id ${execId} is taken`);
    }
    this.#execs.set(execId, new Exec(this.context, request));
    this.context.shim.events.publish("TaskExecAdded", { containerId: this.context.id, execId });
  }

  async #startExec(exec: Exec, signal: AbortSignal): Promise<number> {
    const { shim, id } = this.context;
    const start = exec.changes.run(async () => {
      this.#checkAlive();
      const began = performance.now();
      try {
        await exec.start(signal);
      } catch (error) {
        const { cause } = error as Error;
        // A runtime that fails by itself (a RuncError) leaves no process. One that was killed, or wrote a false pid, may.
        const mayHaveMade = cause !== undefined && !(cause instanceof RuncError);
        if (mayHaveMade || wasKilled(cause)) this.#killStrays(performance.now() - began);
        throw error;
      }
      shim.events.publish("TaskExecStarted", { containerId: id, execId: exec.id, pid: exec.pid });
      this.#whenReaped(exec, () => this.#stop(exec));
      return exec.pid;
    });
    this.#starting.add(start);
    try {
      return await start;
    } finally {
      this.#starting.delete(start);
    }
  }

  /**
   * Kills the processes that a failed exec has left in the container, and whose pids the runtime has not written.
   * @param age How long ago the exec began, in ms.
   */
  #killStrays(age: number): void {
    const { init, context: { shim: { logger, reaper }, id } } = this;
    const strays = youngChildrenBeside(init.pid, age);
    // Some of them may belong to other execs, whose starts claim them when the runtime has written their pids.
    Promise.allSettled(this.#starting).then(() => {
      for (const pid of strays.filter((each) => reaper.isUnclaimed(each))) {
        logger.warn("kills a process that the runtime has left in a container", { id, pid });
        killTree(pid);
      }
    });
  }

  /** @throws {StatusError} FAILED_PRECONDITION unless init runs, so that a process can be exec'd. */
  #checkAlive(): void {
    const { init, context: { id } } = this;
    if (init.exit !== undefined) {
      throw new StatusError(
        StatusCode.FAILED_PRECONDITION,
        `the init process of container ${id} is not running`,
      );
    }
    if (init.state === "checkpointed") {
      throw new StatusError(
        StatusCode.FAILED_PRECONDITION,
        `the container ${id} is not restored yet`,
      );
    }
    if (this.#isPaused) {
      throw new StatusError(StatusCode.FAILED_PRECONDITION, `the container ${id} is paused`);
    }
  }

  /** Calls `stop` when the process has been reaped and no change of it is under way: an exit overtakes no start. */
  #whenReaped(process: Process, stop: () => Promise<void>): void {
    this.context.shim.awaitBeforeEnd(this.#awaitStop(process, stop));
  }

  async #awaitStop(process: Process, stop: () => Promise<void>): Promise<void> {
    await this.#orWarn(`end the streams of ${process.id}`, () => process.reaped);
    if (process !== this.init) return await process.changes.run(stop);
    const keep = () => keepExit(this.bundle, process.exit!);
    // A file takes as long as all the rest of an exit. Where that has to wait, it is written first: the server may end meanwhile.
    let waits = false;
    await this.#orWarn("keep how init ended", () => {
      waits = this.#exitWaits;
      if (waits) keep();
    });
    await process.changes.run(stop);
    if (!waits) await this.#orWarn("keep how init ended", keep);
    // Nobody who waits for the exit has to wait for this.
    await this.#orWarn("end the watch for OOMs", () => this.context.cgroup.unwatch());
  }

  /** Whether anything has to end, or to be read, before init's exit can be told. */
  get #exitWaits(): boolean {
    const { changes, hasUnread } = this.init;
    return changes.isBusy || hasUnread || this.#hasOthers;
  }

  /** Whether processes may be left behind init, or may be frozen. */
  get #hasOthers(): boolean {
    return this.#starting.size > 0 || !this.ownPidNamespace || this.#runningExecs.length > 0 ||
      this.init.state === "paused";
  }

  get #runningExecs(): Exec[] {
    return [...this.#execs.values()].filter((exec) => exec.state === "running");
  }

  /** Does one step of what follows an exit. Its error is only logged: the exit must be published whatever fails. */
  #orWarn(what: string, work: () => void | Promise<void>): Promise<void> {
    return orWarn(this.context.shim.logger, what, work);
  }

  /** Gives the client time to read the last output, then publishes the exit and answers those who wait for it. */
  async #stop(process: Process): Promise<void> {
    await this.#orWarn(`deliver the output of ${process.id}`, () => {
      if (process.hasUnread) return process.deliver();
    });
    const { pid, status, exitedAt } = process.exit!;
    process.enter("exit");
    this.context.shim.events.publish("TaskExit", {
      containerId: this.context.id,
      id: process.id,
      pid,
      exitStatus: status,
      exitedAt: toTimestamp(exitedAt),
    });
  }

  /** Follows the exit of init: all other processes of the container are ended, and init's exit is published after theirs. */
  async #stopInit(): Promise<void> {
    if (this.#hasOthers) await this.#endOthers();
    await this.#orWarn("look for a last OOM", () => this.context.cgroup.reportLast());
    await this.#stop(this.init);
  }

  /** Ends the other processes of a container whose init has ended, and waits for the exits of execs. */
  async #endOthers(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await this.#orWarn("resume the container", () => this.init.thaw());
    await this.#orWarn("kill what init left behind", () => this.#killLeftBehind());
    await Promise.all(this.#runningExecs.map((exec) => exec.exited));
  }

  /** Kills the processes that outlive init: those of a container without a PID namespace of its own. */
  async #killLeftBehind(): Promise<void> {
    const { runc, cgroup, id } = this.context;
    // The runtime does not know a container that a checkpoint has ended; it has killed all processes by then.
    if (this.ownPidNamespace || !runc.knows(id)) return;
    // Without the cgroup the runtime finds no process but init.
    if (!cgroup.isThere) this.#killOthers(SIGKILL);
    try {
      await this.init.killAll(runc.within(AbortSignal.timeout(UNASKED_MS)));
    } catch (error) {
      // A runtime that fails or hangs must neither keep them alive nor hold up init's exit.
      this.#killOthers(SIGKILL);
      throw error;
    }
  }

  /**
   * Removes a process that has stopped or was never started. With init all that is left of the container is removed.
   * @param execId The exec id, or an empty string for init.
   * @throws {StatusError} FAILED_PRECONDITION if the process runs.
   */
  async delete(execId: string, signal: AbortSignal): Promise<Process> {
    if (execId !== "") {
      const exec = this.#exec(execId);
      await exec.changes.run(() => exec.delete());
      this.#execs.delete(execId);
      return exec;
    }
    const { init, context: { shim, id } } = this;
    if (await init.changes.run(() => init.abandon(signal))) await init.exited;
    return await init.changes.run(async () => {
      await init.delete(signal);
      await this.#deleteExecs();
      const { pid, status, exitedAt } = await init.exited;
      shim.events.publish("TaskDelete", {
        containerId: id,
        pid,
        exitStatus: status,
        exitedAt: toTimestamp(exitedAt),
      });
      return init;
    });
  }

  /** Removes the execs that no client has deleted: after init's Delete none can be, and a Wait for one would never be answered. */
  async #deleteExecs(): Promise<void> {
    const { shim: { logger } } = this.context;
    await Promise.all([...this.#execs.values()].map((exec) =>
      exec.changes.run(async () => {
        if (exec.state === "deleted") return;
        await orWarn(logger, `remove the exec ${exec.id}`, () => exec.delete());
      })
    ));
  }

  /** Freezes all processes of the container. */
  pause(signal: AbortSignal): Promise<void> {
    return this.#change(() => this.init.pause(signal), "TaskPaused");
  }

  /** Lets the processes of a paused container go on. */
  resume(signal: AbortSignal): Promise<void> {
    return this.#change(() => this.init.resume(signal), "TaskResumed");
  }

  #change(change: () => Promise<void>, event: "TaskPaused" | "TaskResumed"): Promise<void> {
    const { shim, id } = this.context;
    return this.init.changes.run(async () => {
      await change();
      shim.events.publish(event, { containerId: id });
    });
  }

  /**
   * Makes a checkpoint of the container, which ends with it if the option `exit` is set.
   * @param path The folder that gets the checkpoint.
   */
  checkpoint(path: string, options: CheckpointOptions, signal: AbortSignal): Promise<void> {
    const { shim, id } = this.context;
    return this.init.changes.run(async () => {
      await this.#orThawed(() => this.init.checkpoint(path, options, signal));
      shim.events.publish("TaskCheckpointed", { containerId: id, checkpoint: path });
    });
  }

  /**
   * Changes the resource limits of the container.
   * @param resources OCI LinuxResources, as JSON.
   */
  update(resources: string, signal: AbortSignal): Promise<void> {
    return this.init.changes.run(() => this.#orThawed(() => this.init.update(resources, signal)));
  }

  /** Runs a command for which the runtime may thaw a paused container for a moment: killed then, it leaves the container thawed. */
  async #orThawed(change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (wasKilled(error)) this.#noteThaw();
      throw error;
    }
  }

  /** Marks a paused container as running, and publishes that, if its processes are not frozen any more. */
  #noteThaw(): void {
    const { init, context: { shim, cgroup, id } } = this;
    if (init.state !== "paused" || cgroup.isFrozen !== false) return;
    init.enter("resume");
    shim.events.publish("TaskResumed", { containerId: id });
  }

  /**
   * Sends a signal to a process, or with `all` to every process of the container.
   * @throws {StatusError} NOT_FOUND if the process has finished, INVALID_ARGUMENT if there is no such signal.
   */
  async kill(execId: string, signo: number, all: boolean, signal: AbortSignal): Promise<void> {
    const process = this.process(execId);
    if (signo > LAST_SIGNAL) {
      throw new StatusError(
        StatusCode.INVALID_ARGUMENT,
        `expected a signal from 0 to ${LAST_SIGNAL}, not ${signo}`,
      );
    }
    await this.#untilStarted(process);
    signal.throwIfAborted();
    try {
      if (all && process === this.init) await this.#killAll(signo, signal);
      else await process.kill(signo);
    } catch (error) {
      if (!(error instanceof RuncError)) throw error;
      if (wasKilled(error)) await this.#unpause(0);
      const hasEnded = this.init.exit !== undefined ||
        /not running|not exist|no such process/i.test(error.message);
      if (!hasEnded) throw error;
      throw new StatusError(StatusCode.NOT_FOUND, `process already finished: ${error.message}`);
    }
    if (process === this.init) await this.#unpause(signo);
  }

  /** See {@linkcode Process.resize}. */
  async resize(execId: string, width: number, height: number): Promise<void> {
    const process = this.process(execId);
    await this.#untilStarted(process);
    process.resize(width, height);
  }

  /**
   * Sends a signal to every process of the container. The runtime is called for SIGKILL only: from 1.2 on, runc sends any other
   * signal to init alone; and up to 1.1 it sends none where the cgroup has been removed.
   */
  async #killAll(signo: number, signal: AbortSignal): Promise<void> {
    const { runc, cgroup } = this.context;
    // containerd kills all before each Delete: as a rule nothing is left then, after the end of init.
    if (this.init.exit !== undefined && cgroup.isThere && cgroup.pids.length === 0) {
      return await this.init.kill(signo);
    }
    if (signo === SIGKILL && cgroup.isThere) {
      return await this.init.killAll(runc.within(signal));
    }
    this.#killOthers(signo);
    await this.init.kill(signo);
  }

  /** Sends a signal to all processes but init. */
  #killOthers(signo: number): void {
    const others = new Set(this.#running());
    others.delete(this.init.pid);
    for (const pid of others) killIfThere(pid, signo);
  }

  /**
   * The pids of all processes: those in the container's cgroup. If it has none of its own, or somebody has removed it, they are
   * init, the execs, and all their descendants; then a daemon that is no descendant any more is missed.
   */
  #running(): number[] {
    const { pids } = this.context.cgroup;
    if (pids.length > 0) return pids;
    const known = [this.init, ...this.#execs.values()];
    return withDescendants(
      known.filter(({ pid, exit }) => pid !== 0 && exit === undefined).map(({ pid }) => pid),
    );
  }

  /** Notes that the runtime has thawed a paused container to signal it, and thaws one that SIGKILL is to end. */
  async #unpause(signo: number): Promise<void> {
    const { init, context: { cgroup } } = this;
    if (!this.#isPaused) return;
    await init.changes.run(() => {
      if (init.exit !== undefined) return;
      // runc freezes the processes while it signals all of them, and up to 1.1 thaws them afterwards.
      this.#noteThaw();
      // SIGKILL does not end a process that is frozen by cgroup v1.
      if (signo === SIGKILL && !cgroup.isUnified) init.thaw();
    });
  }

  /**
   * All pids in the container, each with its exec id if it has one. Init's pid is among them until init is deleted: a restarted
   * containerd, from 1.7 on, takes a shim that has no pids for one without a task, and shuts it down: the exit status would be lost.
   */
  pids(): { pid: number; execId?: string }[] {
    if (this.init.pid === 0) throw notMade();
    const execIds = new Map([...this.#execs.values()].map((exec) => [exec.pid, exec.id]));
    const pids = new Set([this.init.pid, ...this.#running()]);
    return [...pids].map((pid) => ({ pid, execId: execIds.get(pid) }));
  }

  /**
   * What the container uses, and its limits.
   * @throws {StatusError} NOT_FOUND if the container has no cgroup of its own, or it has been removed.
   */
  async stats(): Promise<Any.Properties> {
    const { cgroup, id } = this.context;
    const stats = await cgroup.stats();
    if (stats !== undefined) return stats;
    const message = `the container ${id} has no cgroup of its own`;
    throw new StatusError(StatusCode.NOT_FOUND, message);
  }
}
