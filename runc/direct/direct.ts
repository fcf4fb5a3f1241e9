/**
 * What `runc start`, `pause`, `resume` and `delete` do, done by the shim: each of them takes runc some 6 ms and as much processor time,
 * nearly all of it for its own start. docs/direct.md says of which runcs and which containers, and tests/task/runc_commands_test.ts watches
 * that runc's commands do no more than this. Anything else is left to the command, which also says why something can't be done.
 */
import { join } from "@std/path/posix";
import { close, isThere, open, OpenFlag, read, removeFolderInPool } from "../../shim/libc/mod.ts";
import { removeIfThere, type Shim } from "../../shim/mod.ts";
import type { Runtime } from "../bundle/mod.ts";
import type { Cgroup, Freezer } from "../cgroup/mod.ts";
import { isKnownRunc, recognize } from "./known_runc.ts";
import { hasHooks, hasOwnPids, readState, START_FIFO, STATE_FILE } from "./state.ts";

/** To watch a descriptor for its other side's end alone, which is reported unasked. */
const HANG_UP_ONLY = 0;

/** The init of a container. */
interface Init {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly reaped: Promise<void>;
}

/** Stands for the runtime of one container. */
export class DirectRunc {
  readonly #folder: string;

  constructor(
    private readonly shim: Pick<Shim, "reactor" | "reaper" | "logger" | "settings">,
    private readonly runtime: Runtime,
    id: string,
  ) {
    this.#folder = join(runtime.root, id);
  }

  /** Finds out what runtime it is. Until that is known, nothing is done here. */
  async recognize(): Promise<void> {
    const { shim: { reaper, logger, settings }, runtime: { binary } } = this;
    if (!settings.direct) return;
    try {
      await recognize(binary, reaper);
    } catch (error) {
      logger.debug("can't find out what runtime it is", { binary, error });
    }
  }

  get #isKnown(): boolean {
    return !this.runtime.systemdCgroup && isKnownRunc(this.runtime.binary);
  }

  /**
   * Lets a created init go: it waits until its FIFO is opened for reading, writes a byte into it, and goes on. As runc does, this waits
   * until init has closed the FIFO, which is when it becomes the container's program, or a moment before.
   * @param signal Ends the wait.
   * @returns Whether it has been done. If not, nothing has.
   * @throws {Error} If the signal has aborted, or the FIFO can't be removed.
   */
  async start(init: Init, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const state = this.#isKnown && readState(this.#folder, init.pid);
    if (!state || hasHooks(state, "poststart")) return false;
    const path = join(this.#folder, START_FIFO);
    const fifo = openFifo(path);
    if (fifo === undefined) return false;
    try {
      await this.#untilClosed(fifo, init.reaped, signal);
      if (read(fifo, new Uint8Array(1)) !== 1) return false;
    } finally {
      close(fifo);
    }
    removeIfThere(path);
    return true;
  }

  async #untilClosed(fifo: number, ended: Promise<void>, signal: AbortSignal): Promise<void> {
    const { reactor } = this.shim;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(new Error(`init does not go on: ${signal.reason.message}`));
    signal.addEventListener("abort", abort);
    // Before anybody has opened it for writing it does not count as closed.
    reactor.watch(fifo, HANG_UP_ONLY, () => {
      reactor.unwatch(fifo);
      resolve();
    });
    try {
      await Promise.race([promise, ended]);
    } finally {
      reactor.unwatch(fifo);
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Freezes the processes of a container that runs.
   * @param signal Ends the wait until they are.
   * @returns Whether it has been done. If not, nothing has.
   */
  async pause(init: Init, cgroup: Cgroup, signal: AbortSignal): Promise<boolean> {
    try {
      const freezer = this.#freezerOf(init, cgroup);
      return freezer?.isFrozen === false && await freezer.freeze(signal);
    } catch {
      return false;
    }
  }

  /**
   * Lets the processes of a paused container go on.
   * @returns Whether it has been done. If not, nothing has.
   */
  async resume(init: Init, cgroup: Cgroup): Promise<boolean> {
    try {
      return await this.#freezerOf(init, cgroup)?.resume() ?? false;
    } catch {
      return false;
    }
  }

  /** The freezer of a container, if it is the one that runc would use. */
  #freezerOf({ pid }: Init, { freezer }: Cgroup): Freezer | undefined {
    const state = this.#isKnown && readState(this.#folder, pid);
    if (!state) return undefined;
    // On a host with both versions runc uses that of v1.
    const { freezer: v1, "": v2 } = state.cgroup_paths ?? {};
    return freezer?.folder === (v1 ?? v2) ? freezer : undefined;
  }

  /**
   * Removes the cgroups and the state of a container whose init has ended.
   * @returns Whether it has been done. If not, the command does what is left of it.
   */
  async delete({ pid }: Init): Promise<boolean> {
    const state = this.#isKnown && readState(this.#folder, pid);
    if (!state || !hasOwnPids(state) || hasHooks(state, "poststop")) return false;
    try {
      const files = [...Deno.readDirSync(this.#folder)].map(({ name }) => name);
      if (files.some((name) => name !== STATE_FILE && name !== START_FIFO)) return false;
      for (const cgroup of Object.values(state.cgroup_paths ?? {})) {
        // It may have others in it, or processes for a moment.
        if (!await removeFolderInPool(cgroup) && isThere(cgroup)) return false;
      }
      for (const name of files) removeIfThere(join(this.#folder, name));
      Deno.removeSync(this.#folder);
      return true;
    } catch {
      return false;
    }
  }
}

/** Undefined if there is no FIFO. */
function openFifo(path: string): number | undefined {
  try {
    return open(path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
  } catch {
    return undefined;
  }
}
