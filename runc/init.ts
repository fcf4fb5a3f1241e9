/** A container's init, and with it what the runtime and the kernel have of the container: state, cgroups, root file system. */
import { join } from "@std/path/posix";
import type { CheckpointOptions, CreateTaskRequest, RuncOptions } from "../proto/mod.ts";
import {
  mountRootfs,
  orWarn,
  removeIfThere,
  SIGKILL,
  StatusCode,
  StatusError,
  type Stdio,
  unmountRootfs,
} from "../shim/mod.ts";
import { expectCheckpoint, runCriu } from "./checkpoint.ts";
import { initPidFile } from "./pid_file.ts";
import { type ContainerContext, finished, notMade, Process, runtimeFailure } from "./process.ts";
import type { Runc } from "./runc.ts";

/** How long the runtime may take for what no client has asked for, and so no deadline bounds, in ms. */
export const UNASKED_MS = 10_000;

/** The init of a container. */
export class Init extends Process {
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
   * @param limit See {@linkcode Runc.within}, here and below.
   * @throws {Error} Nothing is left mounted or open then.
   */
  async create(limit: AbortSignal): Promise<void> {
    const { rootfs, checkpoint } = this.request;
    if (checkpoint) await expectCheckpoint(checkpoint);
    if (rootfs.length > 0) await Deno.mkdir(this.#rootfs, { recursive: true, mode: 0o711 });
    await mountRootfs(this.container.shim.reaper, rootfs, this.#rootfs);
    if (checkpoint) return;
    try {
      const { id, container: { runc }, options } = this;
      await this.#make(
        "create",
        (pidFile, stdio) => runc.within(limit).create(id, { ...options, pidFile }, stdio),
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
        if (!known && runc.knows(id)) await runc.delete(id, true);
      });
      await closed;
      throw runtimeFailure(what, error);
    }
  }

  #orWarn(what: string, work: () => void | Promise<void>): Promise<void> {
    return orWarn(this.container.shim.logger, `${what} of ${this.id}`, work);
  }

  /** Lets init go. */
  async start(limit: AbortSignal): Promise<void> {
    this.check("start");
    if (this.state === "checkpointed") await this.#restore(limit);
    else await this.#start(limit);
    this.enter("start");
  }

  async #start(limit: AbortSignal): Promise<void> {
    try {
      await this.container.runc.within(limit).start(this.id);
    } catch (error) {
      throw runtimeFailure("start", error);
    }
  }

  /** The images tell of their parent themselves, where they have one: what the request says of it is not needed. */
  async #restore(limit: AbortSignal): Promise<void> {
    const { id, container: { bundle, runc }, options: { criuWorkPath, noPivotRoot } } = this;
    const imagePath = this.request.checkpoint;
    const workPath = criuWorkPath || join(bundle, "work");
    const log = join(workPath, "restore.log");
    try {
      await this.#make("restore", (pidFile, stdio) => {
        const options = { imagePath, workPath, pidFile, noPivotRoot };
        return runCriu(() => runc.within(limit).restore(id, options, stdio), log, log);
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
    limit: AbortSignal,
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
        runc.within(limit).checkpoint(this.id, { ...options, imagePath, workPath });
      await runCriu(checkpoint, join(workPath, "dump.log"), join(bundle, "criu-dump.log"));
    } catch (error) {
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
  async pause(limit: AbortSignal): Promise<void> {
    this.enter("pause");
    try {
      await this.container.runc.within(limit).pause(this.id);
    } catch (error) {
      this.enter("resume");
      throw runtimeFailure("pause", error);
    }
    this.enter("freeze");
  }

  /** Lets them go on. */
  async resume(limit: AbortSignal): Promise<void> {
    this.check("resume");
    try {
      await this.#goOn(this.container.runc.within(limit));
    } catch (error) {
      throw runtimeFailure("resume", error);
    }
    this.enter("resume");
  }

  async #goOn(runc: Runc): Promise<void> {
    try {
      await runc.resume(this.id);
    } catch (error) {
      // Somebody else has let them go on already: the runtime, for a signal to be felt, or an operator.
      if (!(error as Error).message.includes("not paused")) throw error;
    }
  }

  /**
   * Changes the limits of the container.
   * @param resources OCI LinuxResources, as JSON.
   */
  async update(resources: string, limit: AbortSignal): Promise<void> {
    if (this.exit !== undefined) throw finished();
    const file = join(this.container.bundle, "resources.json");
    try {
      Deno.writeTextFileSync(file, resources, { mode: 0o600 });
      await this.container.runc.within(limit).update(this.id, file);
    } catch (error) {
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
    await runc.killAll(this.id, SIGKILL);
  }

  /** Lets a paused container go on that is to end: frozen it could neither end nor be removed. */
  async thaw(): Promise<void> {
    const { runc, shim, id } = this.container;
    if (this.state !== "paused" || !runc.knows(id)) return;
    try {
      await this.#goOn(runc.within(AbortSignal.timeout(UNASKED_MS)));
      this.enter("resume");
    } catch (error) {
      shim.logger.warn("can't resume a paused container whose init was killed", { id, error });
    }
  }

  /** Removes all that is left of a container whose init has stopped. */
  async delete(limit: AbortSignal): Promise<void> {
    this.check("delete");
    const { shim, id } = this.container;
    // Streams that are waited for take nothing of the others' time.
    const [drained] = await Promise.all([
      this.stdio?.end(),
      this.#deleteState(limit).then(() => unmountRootfs(this.request.rootfs, this.#rootfs)),
    ]);
    if (drained === false) shim.logger.warn("closed outputs that were still open", { id });
    this.enter("delete");
  }

  async #deleteState(limit: AbortSignal): Promise<void> {
    const { id, runc } = this.container;
    try {
      if (runc.knows(id)) await runc.within(limit).delete(id);
    } catch (error) {
      throw new Error(`failed to delete task: ${(error as Error).message}`);
    }
  }

  /**
   * Kills the init of a container that was created and never started.
   * @returns Whether it was such a one.
   */
  async abandon(limit: AbortSignal): Promise<boolean> {
    const { id, runc } = this.container;
    if (this.state !== "created") return false;
    await runc.within(limit).delete(id, true);
    return true;
  }
}
