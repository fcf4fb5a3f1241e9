/** A container's init, and with it what the runtime and the kernel have of the container: state, root file system. */
import { join } from "@std/path/posix";
import type { CheckpointOptions, CreateTaskRequest, RuncOptions } from "../proto/mod.ts";
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

/** How long the runtime may take for what no client has asked for, and so no deadline bounds, in ms. */
export const UNASKED_MS = 10_000;

/** An init that waits to be started. */
interface Held {
  /** Whether the runtime has a FIFO for it, see {@linkcode Runc.holdsInit}. */
  readonly fifo: boolean;
  /** The runtime's program, which waits in its place. */
  readonly program: string | undefined;
}

/** The init of a container. */
export class Init extends Process {
  /** What it was when it was first to be started. */
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
   * Mounts the root file system and creates the container; init waits for {@linkcode start} then. What is to be restored from a
   * checkpoint is created only by its start.
   * @param signal See {@linkcode Runc.within}, here and below.
   * @throws {Error} Nothing is left mounted or open then.
   */
  async create(signal: AbortSignal): Promise<void> {
    const { rootfs, checkpoint } = this.request;
    if (checkpoint) await expectCheckpoint(checkpoint);
    if (rootfs.length > 0) await Deno.mkdir(this.#rootfs, { recursive: true, mode: 0o711 });
    await mountRootfs(this.container.shim.reaper, rootfs, this.#rootfs);
    if (checkpoint) return;
    try {
      const { id, container: { runc }, options } = this;
      await this.#make(
        "create",
        (pidFile, stdio) => runc.within(signal).create(id, { ...options, pidFile }, stdio),
      );
    } catch (error) {
      await this.#orWarn("unmount the root file system", () => {
        return unmountRootfs(rootfs, this.#rootfs);
      });
      throw error;
    }
  }

  /** Makes the container, and takes init over. */
  async #make(
    what: "create" | "restore",
    command: (pidFile: string, stdio: Stdio) => Promise<void>,
  ): Promise<void> {
    const { shim, id, bundle, runc } = this.container;
    const pidFile = initPidFile(bundle);
    const known = runc.knows(id);
    // What an earlier one has left would be taken for this one's.
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
        // Not that of another shim, for which this one failed.
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

  /** Lets init go. */
  async start(signal: AbortSignal): Promise<void> {
    this.check("start");
    if (this.state === "checkpointed") await this.#restore(signal);
    else await this.#start(signal);
    this.enter("start");
  }

  /** A runtime that fails may have let init go before: then it is started. */
  async #start(signal: AbortSignal): Promise<void> {
    const { runc, shim, id } = this.container;
    this.#held ??= { fifo: runc.holdsInit(id), program: programOf(this.pid) };
    if (this.#isLetGo(this.#held)) return;
    try {
      await runc.within(signal).start(id);
    } catch (error) {
      if (!this.#isLetGo(this.#held)) throw runtimeFailure("start", error);
      shim.logger.warn("the runtime failed after it had started a container", { id, error });
    }
  }

  /** Its program is another one then, though the FIFO may still be there; unless it has ended by now. */
  #isLetGo({ fifo, program }: Held): boolean {
    const { runc, id } = this.container;
    if (fifo && runc.knows(id) && !runc.holdsInit(id)) return true;
    const now = programOf(this.pid);
    return now !== undefined && now !== program;
  }

  /** The images tell of their parent themselves, where they have one: what the request says of it is not needed. */
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
   * Makes a checkpoint, with which the container ends if the options say so.
   * @param imagePath The folder for it. Where the options have one too, containerd has taken it from there.
   * @throws {Error} The container goes on then.
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
    this.enter("pause");
    try {
      await this.container.runc.within(signal).pause(this.id);
    } catch (error) {
      this.enter("resume");
      this.#unfreeze(error);
      throw runtimeFailure("pause", error);
    }
    this.enter("freeze");
  }

  /** Lets them go on. */
  async resume(signal: AbortSignal): Promise<void> {
    this.check("resume");
    try {
      await this.container.runc.within(signal).resume(this.id);
    } catch (error) {
      // They may go on all the same: by this command before it was killed, by the runtime for a signal to be felt, or by an operator.
      if (this.container.cgroup.isFrozen !== false) throw runtimeFailure("resume", error);
    }
    this.enter("resume");
  }

  /**
   * To be called when a command of the runtime has failed. Only a {@linkcode pause} that has succeeded leaves the container frozen. But
   * runtimes freeze it for a moment for other commands, too: to signal all processes (runc up to 1.1), to change cgroups of systemd's,
   * to make a checkpoint; and when they are killed then, what is frozen can't even end. One that fails by itself thaws what it froze.
   */
  #unfreeze(error: unknown): void {
    const isPaused = this.state === "paused" || this.state === "pausing";
    const { shim: { logger }, cgroup, id } = this.container;
    if (isPaused || !wasKilled(error) || !cgroup.isFrozen) return;
    logger.warn("thaws a container that a killed command has left frozen", { id });
    this.#thaw();
  }

  /** Not by the runtime, which may hang. */
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
      Deno.writeTextFileSync(file, resources, { mode: 0o600 });
      await this.container.runc.within(signal).update(this.id, file);
    } catch (error) {
      this.#unfreeze(error);
      throw runtimeFailure("update", error);
    } finally {
      await this.#orWarn("remove the resources", () => removeIfThere(file));
    }
  }

  /**
   * Kills every process of the container.
   * @param runc The container's, or that for one call.
   */
  async killAll(runc: Runc): Promise<void> {
    if (this.pid === 0) throw notMade();
    // While a container is being paused nobody knows which of its processes are frozen already.
    if (this.state === "pausing") await this.changes.idle;
    try {
      await runc.killAll(this.id, SIGKILL);
    } catch (error) {
      this.#unfreeze(error);
      throw error;
    }
  }

  /** Lets a paused container go on that is to end: frozen it could neither end nor be removed. */
  thaw(): void {
    if (this.state !== "paused") return;
    this.enter("resume");
    this.#thaw();
  }

  /** Removes all that is left of a container whose init has stopped. */
  async delete(signal: AbortSignal): Promise<void> {
    this.check("delete");
    const { shim, id } = this.container;
    // Streams that are waited for take nothing of the others' time.
    const [drained] = await Promise.all([
      this.stdio?.end(),
      this.#deleteState(signal).then(() => unmountRootfs(this.request.rootfs, this.#rootfs)),
    ]);
    if (drained === false) shim.logger.warn("closed outputs that were still open", { id });
    this.enter("delete");
  }

  async #deleteState(signal: AbortSignal): Promise<void> {
    const { id, runc } = this.container;
    try {
      if (runc.knows(id)) await runc.within(signal).delete(id);
    } catch (error) {
      // It may be gone all the same: an earlier command was killed amid it. After this one a client asks once more for init's end.
      if (!wasKilled(error) && !runc.knows(id)) return;
      throw new Error(`failed to delete task: ${(error as Error).message}`);
    }
  }

  /**
   * Kills the init of a container that was created and never started.
   * @returns Whether it was such a one.
   */
  async abandon(signal: AbortSignal): Promise<boolean> {
    const { id, runc } = this.container;
    if (this.state !== "created") return false;
    try {
      await runc.within(signal).delete(id, true);
    } catch (error) {
      this.#unfreeze(error);
      throw error;
    }
    return true;
  }
}

/** The name of the program that a process runs; undefined where it has ended. */
function programOf(pid: number): string | undefined {
  try {
    return readText(`/proc/${pid}/comm`);
  } catch {
    return undefined;
  }
}
