/** A container: its init, the processes exec'd in it, and the order in which they begin and end. */
import type {
  Any,
  CheckpointOptions,
  CreateTaskRequest,
  ExecProcessRequest,
} from "../proto/mod.ts";
import { keepExit } from "../shim/bootstrap/exit_file.ts";
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
import { Cgroup, ownCgroupFoldersOf } from "./cgroup/mod.ts";
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
  /** The starts of execs that are under way. */
  readonly #starting = new Set<Promise<unknown>>();

  /**
   * Creates a container, whose init then waits for {@linkcode start}.
   * @param signal See {@linkcode Runc.within}, here and below.
   * @throws {Error} Nothing of the container is left then.
   */
  static async create(
    shim: Shim,
    request: CreateTaskRequest,
    signal: AbortSignal,
  ): Promise<Container> {
    const { id, bundle } = request;
    const [given, spec] = await Promise.all([
      decodeOptions(request.options, shim.logger),
      readSpec(bundle),
    ]);
    const options = withImplied(given, spec);
    keepRuntime(bundle, options);
    const runc = new Runc(shim.reaper, { ...runtimeOf(options, shim.namespace), bundle });
    const owner = { uid: options.ioUid, gid: options.ioGid };
    const onOom = () => shim.events.publish("TaskOOM", { containerId: id });
    const cgroup = new Cgroup(shim.reactor, onOom);
    const context = { shim, id, bundle, runc, cgroup, owner };
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
    await init.create(signal);
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

  /** To be called as soon as there is an init. */
  #watchInit(): void {
    const { shim: { logger }, cgroup, id } = this.context;
    try {
      // From now on, before init can use any memory, every OOM is told; the last one before init's exit.
      cgroup.watch(ownCgroupFoldersOf(this.init.pid));
    } catch (error) {
      logger.warn("can't watch the container's cgroup", { id, error });
    }
    this.#whenReaped(this.init, () => this.#stopInit());
  }

  /**
   * Finds a process.
   * @param execId Empty for init.
   * @throws {StatusError} NOT_FOUND
   */
  process(execId: string): Process {
    return execId === "" ? this.init : this.#exec(execId);
  }

  /** Init, and the execs that are not deleted. */
  get processes(): Process[] {
    return [this.init, ...this.#execs.values()];
  }

  /** Waits for a start of a process that is under way: before its end nobody knows the pid, nor has the terminal. */
  async #untilStarted(process: Process): Promise<void> {
    if (process.pid === 0) await process.changes.idle;
  }

  /** The state of a process: everything in a paused container is paused. */
  stateOf(process: Process): State {
    return this.#isPaused ? this.init.state : process.state;
  }

  /** Or about to be. */
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

  /** Adds an exec, which then waits for {@linkcode start}. */
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
        // A runtime that has failed by itself leaves none; but one that tells a false pid does.
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
   * Kills what the runtime of an exec that has failed has left in the container without writing its pid.
   * @param age Of the exec, in ms.
   */
  #killStrays(age: number): void {
    const { init, context: { shim: { logger, reaper }, id } } = this;
    const strays = youngChildrenBeside(init.pid, age);
    // Some may have been made for other execs, which take them over then.
    Promise.allSettled(this.#starting).then(() => {
      for (const pid of strays.filter((each) => reaper.isUnclaimed(each))) {
        logger.warn("kills a process that the runtime has left in a container", { id, pid });
        killTree(pid);
      }
    });
  }

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

  /** Stops a process that was reaped as soon as no change of it is under way. */
  #whenReaped(process: Process, stop: () => Promise<void>): void {
    this.context.shim.awaitBeforeEnd(this.#awaitStop(process, stop));
  }

  async #awaitStop(process: Process, stop: () => Promise<void>): Promise<void> {
    await this.#orWarn(`end the streams of ${process.id}`, () => process.reaped);
    if (process === this.init) {
      await this.#orWarn("keep how init ended", () => keepExit(this.bundle, process.exit!));
    }
    await process.changes.run(stop);
  }

  /** Does a part of what an exit brings with it: the exit is told whatever fails, for somebody waits for it. */
  #orWarn(what: string, work: () => void | Promise<void>): Promise<void> {
    return orWarn(this.context.shim.logger, what, work);
  }

  async #stop(process: Process): Promise<void> {
    await this.#orWarn(`deliver the output of ${process.id}`, () => process.deliver());
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

  /** Init has ended: everything else in the container has to end too, and its exit is told last. */
  async #stopInit(): Promise<void> {
    await Promise.allSettled(this.#starting);
    await this.#orWarn("resume the container", () => this.init.thaw());
    await this.#orWarn("kill what init left behind", () => this.#killLeftBehind());
    const running = [...this.#execs.values()].filter((exec) => exec.state === "running");
    await Promise.all(running.map((exec) => exec.exited));
    await this.#orWarn("look for a last OOM", () => this.context.cgroup.unwatch());
    await this.#stop(this.init);
  }

  async #killLeftBehind(): Promise<void> {
    const { runc, cgroup, id } = this.context;
    // A checkpoint may have ended it: then the runtime has killed the rest and forgotten it.
    if (this.ownPidNamespace || !runc.knows(id)) return;
    // The runtime does not find them then.
    if (!cgroup.isThere) this.#killOthers(SIGKILL);
    try {
      await this.init.killAll(runc.within(AbortSignal.timeout(UNASKED_MS)));
    } catch (error) {
      // A runtime that fails or hangs must not keep them alive, and init's exit from being told.
      this.#killOthers(SIGKILL);
      throw error;
    }
  }

  /** Removes a process that has stopped, or was never started; with init all that is left of the container. */
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

  /** Removes the execs that no client has deleted: nobody could any more, and who waits for one would wait without end. */
  async #deleteExecs(): Promise<void> {
    const { shim: { logger } } = this.context;
    await Promise.all([...this.#execs.values()].map((exec) =>
      exec.changes.run(async () => {
        if (exec.state === "deleted") return;
        await orWarn(logger, `remove the exec ${exec.id}`, () => exec.delete());
      })
    ));
  }

  /** Freezes all processes. */
  pause(signal: AbortSignal): Promise<void> {
    return this.#change(() => this.init.pause(signal), "TaskPaused");
  }

  /** Lets them go on. */
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
   * Makes a checkpoint; with the option `exit` the container ends with it.
   * @param path The folder for it.
   */
  checkpoint(path: string, options: CheckpointOptions, signal: AbortSignal): Promise<void> {
    const { shim, id } = this.context;
    return this.init.changes.run(async () => {
      await this.#orThawed(() => this.init.checkpoint(path, options, signal));
      shim.events.publish("TaskCheckpointed", { containerId: id, checkpoint: path });
    });
  }

  /**
   * Changes the limits.
   * @param resources OCI LinuxResources, as JSON.
   */
  update(resources: string, signal: AbortSignal): Promise<void> {
    return this.init.changes.run(() => this.#orThawed(() => this.init.update(resources, signal)));
  }

  /** Does what may thaw a paused container for a moment, and when it is killed then leaves it so. */
  async #orThawed(change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (wasKilled(error)) this.#noteThaw();
      throw error;
    }
  }

  /** A paused container whose processes go on is paused no more. */
  #noteThaw(): void {
    const { init, context: { shim, cgroup, id } } = this;
    if (init.state !== "paused" || cgroup.isFrozen !== false) return;
    init.enter("resume");
    shim.events.publish("TaskResumed", { containerId: id });
  }

  /**
   * Sends a signal to a process, or with `all` to every process of the container.
   * @throws {StatusError} NOT_FOUND where it has finished, INVALID_ARGUMENT for what is no signal.
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

  /** runc, from 1.2 on, sends no signal but SIGKILL to more than init; and up to 1.1 none without a cgroup. */
  async #killAll(signo: number, signal: AbortSignal): Promise<void> {
    const { runc, cgroup } = this.context;
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
   * The pids of all processes. Where the container shares its cgroup with who knows whom, or somebody has removed it, these are init,
   * the execs, and all below them; not a daemon that has left its parents, unless it became init's child.
   */
  #running(): number[] {
    const { pids } = this.context.cgroup;
    if (pids.length > 0) return pids;
    const known = [this.init, ...this.#execs.values()];
    return withDescendants(
      known.filter(({ pid, exit }) => pid !== 0 && exit === undefined).map(({ pid }) => pid),
    );
  }

  /** After a signal a paused container may be so no more, and must not be so if the signal is to end it. */
  async #unpause(signo: number): Promise<void> {
    const { init, context: { cgroup } } = this;
    if (!this.#isPaused) return;
    await init.changes.run(() => {
      if (init.exit !== undefined) return;
      // runc freezes the processes while it signals them all, and up to 1.1 lets them go on then.
      this.#noteThaw();
      // What is frozen by cgroup v1 does not even end by SIGKILL.
      if (signo === SIGKILL && !cgroup.isUnified) init.thaw();
    });
  }

  /**
   * All pids in the container, each with the exec id it has, if any. That of init is there until it is deleted: containerd, from 1.7
   * on, takes a shim without any, when it finds it again after a restart, for one without a task, and ends it, exit status and all.
   */
  pids(): { pid: number; execId?: string }[] {
    if (this.init.pid === 0) throw notMade();
    const execIds = new Map([...this.#execs.values()].map((exec) => [exec.pid, exec.id]));
    const pids = new Set([this.init.pid, ...this.#running()]);
    return [...pids].map((pid) => ({ pid, execId: execIds.get(pid) }));
  }

  /**
   * What the container uses, and its limits.
   * @throws {StatusError} NOT_FOUND where it has no cgroup of its own, or not any more.
   */
  stats(): Any.Properties {
    const { cgroup: { stats }, id } = this.context;
    if (stats !== undefined) return stats;
    const message = `the container ${id} has no cgroup of its own`;
    throw new StatusError(StatusCode.NOT_FOUND, message);
  }
}
