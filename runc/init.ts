/** A container's init, and with it what the runtime and the kernel have of the container: state, cgroups, root file system. */
import { join } from "@std/path/posix";
import { type Mount, mountRootfs, unmountRootfs } from "../shim/mod.ts";
import { initPidFile } from "./pid_file.ts";
import { finished, Process, runtimeFailure } from "./process.ts";

const SIGKILL = 9;

/** How init is created. */
export interface CreateOptions {
  readonly rootfs: readonly Mount[];
  readonly noPivotRoot: boolean;
  readonly noNewKeyring: boolean;
}

/** The init of a container. */
export class Init extends Process {
  #mounts: readonly Mount[] = [];

  get #rootfs(): string {
    return join(this.container.bundle, "rootfs");
  }

  /**
   * Mounts the root file system and creates the container; init waits for {@linkcode start} then.
   * @throws {Error} Nothing is left mounted or open then.
   */
  async create(options: CreateOptions): Promise<void> {
    const { shim } = this.container;
    this.#mounts = options.rootfs;
    if (this.#mounts.length > 0) await Deno.mkdir(this.#rootfs, { recursive: true, mode: 0o711 });
    await mountRootfs(shim.reaper.spawn, this.#mounts, this.#rootfs);
    try {
      await this.#create(options);
    } catch (error) {
      unmountRootfs(this.#mounts, this.#rootfs);
      throw error;
    }
  }

  async #create(options: CreateOptions): Promise<void> {
    const { shim, id, bundle, runc } = this.container;
    const pidFile = initPidFile(bundle);
    using expectation = shim.reaper.expect();
    const stdio = this.openStdio();
    try {
      await runc.create(id, { ...options, pidFile }, stdio);
      stdio.start();
      this.adopt(pidFile, expectation);
    } catch (error) {
      stdio.close();
      if (runc.knows(id)) await runc.delete(id, true);
      throw runtimeFailure("create", error);
    }
  }

  /** Lets init go. */
  async start(): Promise<void> {
    this.check("start");
    try {
      await this.container.runc.start(this.id);
    } catch (error) {
      throw runtimeFailure("start", error);
    }
    this.enter("start");
  }

  /** Freezes all processes of the container. */
  async pause(): Promise<void> {
    this.enter("pause");
    try {
      await this.container.runc.pause(this.id);
    } catch (error) {
      this.enter("resume");
      throw runtimeFailure("pause", error);
    }
    this.enter("freeze");
  }

  /** Lets them go on. */
  async resume(): Promise<void> {
    this.check("resume");
    try {
      await this.container.runc.resume(this.id);
    } catch (error) {
      throw runtimeFailure("resume", error);
    }
    this.enter("resume");
  }

  /**
   * Changes the limits of the container.
   * @param resources OCI LinuxResources, as JSON.
   */
  async update(resources: string): Promise<void> {
    if (this.exit !== undefined) throw finished();
    const file = join(this.container.bundle, "resources.json");
    try {
      Deno.writeTextFileSync(file, resources, { mode: 0o600 });
      await this.container.runc.update(this.id, file);
    } catch (error) {
      throw runtimeFailure("update", error);
    } finally {
      Deno.removeSync(file);
    }
  }

  /** Sends a signal to init alone; only the runtime lets a paused one feel it. */
  override kill(signal: number): void | Promise<void> {
    if (this.state !== "paused") return super.kill(signal);
    return this.container.runc.kill(this.id, signal, false);
  }

  /** Sends a signal to every process of the container. */
  killAll(signal = SIGKILL): Promise<void> {
    return this.container.runc.kill(this.id, signal, true);
  }

  /** What stays frozen when a paused init has died could neither end nor be removed. */
  async thaw(): Promise<void> {
    const { runc, shim, id } = this.container;
    if (this.state !== "paused") return;
    await runc.resume(id).catch((error) => {
      shim.logger.warn("can't resume the container of a paused init that died", { id, error });
    });
  }

  /** Removes all that is left of a container whose init has stopped. */
  async delete(): Promise<void> {
    this.check("delete");
    const { shim, id } = this.container;
    const [drained] = await Promise.all([this.stdio?.drain(), this.#deleteState()]);
    if (drained === false) shim.logger.warn("closed outputs that were still open", { id });
    this.stdio?.close();
    unmountRootfs(this.#mounts, this.#rootfs);
    this.enter("delete");
  }

  async #deleteState(): Promise<void> {
    const { id, runc } = this.container;
    try {
      if (runc.knows(id)) await runc.delete(id);
    } catch (error) {
      throw new Error(`failed to delete task: ${(error as Error).message}`);
    }
  }

  /**
   * Kills the init of a container that was created and never started.
   * @returns Whether it was such a one.
   */
  async abandon(): Promise<boolean> {
    const { id, runc } = this.container;
    if (this.state !== "created") return false;
    await runc.delete(id, true);
    return true;
  }
}
