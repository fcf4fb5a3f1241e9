/** The init of a container, and with it the container's state in the runtime and its root file system. */
import { join } from "@std/path/posix";
import type { CheckpointOptions, CreateTaskRequest, RuncOptions } from "../proto/mod.ts";
import { awaitEnds, writeFile } from "../shim/libc/mod.ts";
import {
  mountRootfs,
  orWarn,
  readText,
  removeIfThere,
  SIGKILL,
  StatusCode,
  StatusError,
  type Stdio,
  unmountRootfs,
} from "../shim/mod.ts";
import { initPidFile } from "./bundle/mod.ts";
import { removeEmptyCgroups } from "./cgroup/mod.ts";
import { expectCheckpoint, runCriu } from "./checkpoint.ts";
import { type ContainerContext, finished, notMade, Process, runtimeFailure } from "./process.ts";
import { type Runc, wasKilled } from "./runc.ts";

/** How long a command of the runtime may take that no client has asked for, so that no deadline bounds it, in ms. */
export const UNASKED_MS = 10_000;
/** How long init may take to become the container's program, once it was let go, before that is not waited for any more, in ms. */
const EXEC_MS = 1_000;
/** How often it is looked whether it has, one look close behind the other, until there is a millisecond between them. */
const CLOSE_LOOKS = 5;

/** What is known of an init that waits for its start. */
interface Held {
  /** Whether it waits at a FIFO of the runtime's, see {@linkcode Runc.holdsInit}. */
  readonly fifo: boolean;
  /** The name of the runtime's own program, which the process runs until its start. */
  readonly program: string | undefined;
}

/** The init of a container. */
export class Init extends Process {
  /** Set when a Start first comes. */
  #held: Held | undefined;

  constructor(
    container: ContainerContext,
    private readonly request: CreateTaskRequest,
    private readonly options: RuncOptions,
  ) {
    super(container, request.id, request, request.checkpoint ? "checkpointed" : "created");
  }

  get #rootfs(): string {
    return join(this.container.bundle, "rootfs");
  }

  /**
   * Mounts the root file system and creates the container, whose init then waits for {@linkcode start}. A container that is to be
   * restored from a checkpoint is created only by its start.
   * @param signal Kills the runtime's command when it aborts, see {@linkcode Runc.within}; here and below.
   * @param meanwhile Called while the runtime makes the container; it must not throw.
   * @throws {Error} If it fails; nothing is left mounted or open then.
   */
  async create(signal: AbortSignal, meanwhile: () => void): Promise<void> {
    const { rootfs, checkpoint } = this.request;
    if (checkpoint) await expectCheckpoint(checkpoint);
    if (rootfs.length > 0) Deno.mkdirSync(this.#rootfs, { recursive: true, mode: 0o711 });
    await mountRootfs(this.container.shim.reaper, rootfs, this.#rootfs);
    if (checkpoint) return;
    try {
      const { id, container: { runc }, options } = this;
      await this.#make("create", (pidFile, stdio) => {
        const created = runc.within(signal).create(id, { ...options, pidFile }, stdio);
        meanwhile();
        return created;
      });
    } catch (error) {
      await this.#orWarn("unmount the root file system", () => {
        return unmountRootfs(rootfs, this.#rootfs);
      });
      throw error;
    }
  }

  /** Runs the command that makes the container, and takes over its init. If that fails, whatever it has made is removed. */
  async #make(
    what: "create" | "restore",
    command: (pidFile: string, stdio: Stdio) => Promise<void>,
  ): Promise<void> {
    const { shim, id, bundle, runc } = this.container;
    const pidFile = initPidFile(bundle);
    const known = runc.knows(id);
    // A pid that an earlier container has left here would be taken for this one's.
    removeIfThere(pidFile);
    using expectation = shim.reaper.expect();
    const stdio = await this.openStdio();
    try {
      await command(pidFile, stdio);
      stdio.start();
      this.adopt(pidFile, expectation);
    } catch (error) {
      const closed = this.#orWarn("close the streams", () => stdio.close());
      await this.#orWarn("remove what the runtime has left", async () => {
        // A container that was there before is another shim's, and the reason why this one failed.
        if (known || !runc.knows(id)) return;
        await runc.within(AbortSignal.timeout(UNASKED_MS)).delete(id, true);
      });
      this.killMade(pidFile);
      if (!known) {
        await this.#orWarn("remove the cgroups", () => removeEmptyCgroups(bundle, runc.runtime));
      }
      await this.#orWarn("remove the pid", () => removeIfThere(pidFile));
      await closed;
      throw runtimeFailure(what, error);
    }
  }

  #orWarn(what: string, work: () => void | Promise<void>): Promise<void> {
    return orWarn(this.container.shim.logger, `${what} of ${this.id}`, work);
  }

  /** Starts init: it runs the container's program from now on. */
  async start(signal: AbortSignal): Promise<void> {
    this.check("start");
    if (this.state === "checkpointed") await this.#restore(signal);
    else await this.#start(signal);
    this.enter("start");
  }

  /** Calls the runtime, unless an earlier call has started init already. A runtime that fails may have started it all the same. */
  async #start(signal: AbortSignal): Promise<void> {
    const { runc, direct, cgroup, shim, id } = this.container;
    this.#held ??= { fifo: runc.holdsInit(id), program: programOf(this.pid) };
    if (this.#isLetGo(this.#held)) return;
    try {
      const isDone = cgroup.isFrozen === false && await direct.start(this, signal);
      if (!isDone) await runc.within(signal).start(id);
    } catch (error) {
      if (!this.#isLetGo(this.#held)) throw runtimeFailure("start", error);
      shim.logger.warn("the runtime failed after it had started a container", { id, error });
    }
    await this.#untilExec(this.#held);
  }

  /**
   * Waits until init has become the container's program, or has ended. runc closes the FIFO a moment before (from 1.1.12 on); till then a
   * signal that the program would not feel ends init, as Go's runtime in it takes it. Nobody tells of an execve(2), which may hang, too.
   */
  async #untilExec({ program }: Held): Promise<void> {
    const end = performance.now() + EXEC_MS;
    const isHeld = () => program !== undefined && programOf(this.pid) === program;
    // As a rule it takes less than a millisecond; a wait for none takes 0.1.
    for (let look = 0; isHeld() && performance.now() < end; look++) {
      await awaitEnds([this.pid], look < CLOSE_LOOKS ? 0 : 1);
    }
  }

  /**
   * Whether init has been started: the runtime's FIFO is gone, or the process runs another program than the runtime's. The FIFO may
   * be there a moment longer than that, and of a process that has ended the program is not known.
   */
  #isLetGo({ fifo, program }: Held): boolean {
    const { runc, id } = this.container;
    if (fifo && runc.knows(id) && !runc.holdsInit(id)) return true;
    const now = programOf(this.pid);
    return now !== undefined && now !== program;
  }

  /** Restores the container. The request's `parent_checkpoint` is not needed: criu's images name their parent themselves. */
  async #restore(signal: AbortSignal): Promise<void> {
    const { id, container: { bundle, runc }, options: { criuWorkPath, noPivotRoot } } = this;
    const imagePath = this.request.checkpoint;
    const workPath = criuWorkPath || join(bundle, "work");
    const log = join(workPath, "restore.log");
    try {
      await this.#make("restore", (pidFile, stdio) => {
        const options = { imagePath, workPath, pidFile, noPivotRoot };
        return runCriu(() => runc.within(signal).restore(id, options, stdio), log, log);
      });
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  /**
   * Makes a checkpoint of the container, which ends with it if the option `exit` is set.
   * @param imagePath The folder that gets the checkpoint. containerd has taken it from the options if these have one.
   * @throws {Error} If it fails; the container goes on then.
   */
  async checkpoint(
    imagePath: string,
    options: CheckpointOptions,
    signal: AbortSignal,
  ): Promise<void> {
    this.check("checkpoint");
    if (imagePath === "") {
      throw new StatusError(StatusCode.INVALID_ARGUMENT, "expected a path for the checkpoint");
    }
    const { bundle, runc } = this.container;
    const workPath = options.workPath || join(bundle, "work", "criu-work");
    await Deno.mkdir(workPath, { recursive: true, mode: 0o700 });
    try {
      const checkpoint = () =>
        runc.within(signal).checkpoint(this.id, { ...options, imagePath, workPath });
      await runCriu(checkpoint, join(workPath, "dump.log"), join(bundle, "criu-dump.log"));
    } catch (error) {
      this.#unfreeze(error);
      throw runtimeFailure("checkpoint", error);
    } finally {
      if (!options.workPath) {
        await this.#orWarn("remove criu's folder", () => {
          return Deno.remove(workPath, { recursive: true });
        });
      }
    }
  }

  /** Freezes all processes of the container. */
  async pause(signal: AbortSignal): Promise<void> {
    const { runc, direct, cgroup } = this.container;
    this.enter("pause");
    try {
      const isDone = await direct.pause(this, cgroup, signal);
      if (!isDone) await runc.within(signal).pause(this.id);
    } catch (error) {
      this.enter("resume");
      this.#unfreeze(error);
      throw runtimeFailure("pause", error);
    }
    this.enter("freeze");
  }

  /** Lets the processes of a paused container go on. */
  async resume(signal: AbortSignal): Promise<void> {
    const { runc, direct, cgroup } = this.container;
    this.check("resume");
    try {
      const isDone = await direct.resume(this, cgroup);
      if (!isDone) await runc.within(signal).resume(this.id);
    } catch (error) {
      // They may go on all the same: this command may have thawed them before it was killed, or the runtime for an earlier
      // signal, or an operator.
      if (cgroup.isFrozen !== false) throw runtimeFailure("resume", error);
    }
    this.enter("resume");
  }

  /**
   * Thaws a container that a command of the runtime has left frozen; called when the command has failed. Runtimes freeze a container
   * for a moment to signal all its processes (runc up to 1.1), to update a cgroup of systemd's, and to make a checkpoint. A command
   * that fails by itself thaws what it froze; one that is killed does not, and frozen processes could not even end. Only a container
   * that {@linkcode pause} has paused stays frozen.
   */
  #unfreeze(error: unknown): void {
    const isPaused = this.state === "paused" || this.state === "pausing";
    const { shim: { logger }, cgroup, id } = this.container;
    if (isPaused || !wasKilled(error) || !cgroup.isFrozen) return;
    logger.warn("thaws a container that a killed command has left frozen", { id });
    this.#thaw();
  }

  /** Thaws the container by its cgroup: the runtime may hang. */
  #thaw(): void {
    this.#orWarn("thaw the processes", () => this.container.cgroup.thaw());
  }

  /**
   * Changes the limits of the container.
   * @param resources OCI LinuxResources, as JSON.
   */
  async update(resources: string, signal: AbortSignal): Promise<void> {
    if (this.exit !== undefined) throw finished();
    const file = join(this.container.bundle, "resources.json");
    try {
      writeFile(file, resources);
      await this.container.runc.within(signal).update(this.id, file);
    } catch (error) {
      this.#unfreeze(error);
      throw runtimeFailure("update", error);
    } finally {
      await this.#orWarn("remove the resources", () => removeIfThere(file));
    }
  }

  /**
   * Kills every process of the container, by the runtime.
   * @param runc The container's runtime, bounded by {@linkcode Runc.within}.
   */
  async killAll(runc: Runc): Promise<void> {
    if (this.pid === 0) throw notMade();
    // While a pause is under way some processes may be frozen already, and a frozen one does not end.
    if (this.state === "pausing") await this.changes.idle;
    try {
      await runc.killAll(this.id, SIGKILL);
    } catch (error) {
      this.#unfreeze(error);
      throw error;
    }
  }

  /** Resumes a paused container that is to end: its frozen processes could not end, nor could it be removed. */
  thaw(): void {
    if (this.state !== "paused") return;
    this.enter("resume");
    this.#thaw();
  }

  /** Removes all that is left of a container whose init has stopped. */
  async delete(signal: AbortSignal): Promise<void> {
    this.check("delete");
    const { shim, id } = this.container;
    // The streams may take their time to drain, and the runtime has all of its own meanwhile.
    const [drained] = await Promise.all([
      this.stdio?.end(),
      this.#deleteState(signal).then(() => unmountRootfs(this.request.rootfs, this.#rootfs)),
    ]);
    if (drained === false) shim.logger.warn("closed outputs that were still open", { id });
    this.enter("delete");
  }

  async #deleteState(signal: AbortSignal): Promise<void> {
    const { id, runc, direct, cgroup } = this.container;
    try {
      if (!runc.knows(id)) return;
      const isDone = !this.request.checkpoint && !cgroup.isFrozen && await direct.delete(this);
      if (!isDone) await runc.within(signal).delete(id);
    } catch (error) {
      // The container may be gone all the same, after an earlier delete that was killed. If this one was killed, it is an error, so
      // that the client asks once more.
      if (!wasKilled(error) && !runc.knows(id)) return;
      throw new Error(`failed to delete task: ${(error as Error).message}`);
    }
  }

  /**
   * Kills the init of a container that was created and never started.
   * @returns Whether it was one.
   */
  async abandon(signal: AbortSignal): Promise<boolean> {
    const { id, runc } = this.container;
    if (this.state !== "created") return false;
    const remove = () => runc.within(signal).delete(id, true);
    // containerd asks only once, and forgets the container: a runtime that somebody has killed is run once more.
    const retry = (error: unknown) =>
      wasKilled(error) && !signal.aborted ? remove() : Promise.reject(error);
    try {
      await remove().catch(retry);
    } catch (error) {
      this.#unfreeze(error);
      throw error;
    }
    return true;
  }
}

/** The name of the program that a process runs (/proc/PID/comm); undefined if the process has ended. */
function programOf(pid: number): string | undefined {
  try {
    return readText(`/proc/${pid}/comm`);
  } catch {
    return undefined;
  }
}
