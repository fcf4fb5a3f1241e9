/** Reaps every child of the shim: those that it has spawned, and those that it has inherited as their subreaper. */
import type { Logger } from "../common/mod.ts";
import { isChild, peekExited, reap } from "../libc/mod.ts";
import {
  type Child,
  type Spawner,
  spawner,
  spawnExactly,
  type SpawnOptions,
  toChildStatus,
} from "./spawn.ts";

/** How a process ended. */
export interface Exit {
  readonly pid: number;
  /** The exit code, or 128 + the signal that killed it. */
  readonly status: number;
  /** The signal that killed it, if one did. */
  readonly signal: number | undefined;
  readonly exitedAt: Date;
}

/**
 * Deno reaps the children that Deno.Command has spawned, and a waitpid(-1) of ours would steal their statuses. So the reaper looks for
 * exited children without reaping them (WNOWAIT), leaves Deno's to Deno, and reaps the others: the inits of containers, exec'd
 * processes, and their orphans. For that, every command of a server must be spawned by its reaper.
 */
export class Reaper implements Spawner {
  readonly #spawned = new Map<number, Promise<unknown>>();
  readonly #claims = new Map<number, (exit: Exit) => void>();
  readonly #expectations = new Set<Map<number, Exit>>();
  readonly #listeners = new Set<() => void>();
  #reaping = false;

  constructor(private readonly logger: Logger) {}

  /** Begins to reap. */
  start(): void {
    Deno.addSignalListener("SIGCHLD", () => this.#reapAll());
  }

  /** Calls `listener` from now on, until it is removed by {@linkcode offReaped}, whenever children have been reaped. */
  onReaped(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** See {@linkcode onReaped}. */
  offReaped(listener: () => void): void {
    this.#listeners.delete(listener);
  }

  readonly spawn: Spawner["spawn"] = (command, options) => {
    const child = spawner.spawn(command, options);
    const forget = () => void this.#spawned.delete(child.pid);
    // A rejection is for the one who has spawned the child; it must not keep others from being reaped.
    this.#spawned.set(child.pid, child.status.then(forget, forget));
    return child;
  };

  spawnExactly(command: string, options: SpawnOptions): Child {
    using expectation = this.expect();
    const pid = spawnExactly(command, options);
    return { pid, status: expectation.claim(pid).then(toChildStatus) };
  }

  /**
   * Begins to keep the exits of all children, until the expectation is disposed of. It is called before a process is started whose pid
   * is known only later: however early the process ends, its exit can be claimed then.
   */
  expect(): Expectation {
    const seen = new Map<number, Exit>();
    this.#expectations.add(seen);
    return {
      claim: (pid) => {
        const exit = seen.get(pid);
        // If a child has this pid now, the exit was that of an earlier process with the same pid.
        if (exit !== undefined && !isChild(pid)) return Promise.resolve(exit);
        if (!this.isUnclaimed(pid)) {
          const what = isChild(pid) ? "another one of the shim's" : "no child of the shim";
          throw new Error(`process ${pid} is ${what}`);
        }
        return new Promise((resolve) => this.#claims.set(pid, resolve));
      },
      [Symbol.dispose]: () => void this.#expectations.delete(seen),
    };
  }

  /** Whether a process is a child, running or zombie, that the reaper has not spawned and nobody has claimed. */
  isUnclaimed(pid: number): boolean {
    return isChild(pid) && !this.#claims.has(pid) && !this.#spawned.has(pid);
  }

  async #reapAll(): Promise<void> {
    if (this.#reaping) return;
    this.#reaping = true;
    try {
      for (let exited; (exited = peekExited()) !== undefined;) {
        const spawned = this.#spawned.get(exited.pid);
        // The kernel shows the same child again until Deno has reaped it, and only then another one.
        if (spawned !== undefined) await spawned;
        else this.#reap(exited.pid);
      }
    } finally {
      this.#reaping = false;
      for (const listener of this.#listeners) listener();
    }
  }

  #reap(pid: number): void {
    const waited = reap(pid);
    if (waited === undefined) return;
    const exit: Exit = { ...waited, exitedAt: new Date() };
    const claim = this.#claims.get(pid);
    if (claim !== undefined) {
      this.#claims.delete(pid);
      claim(exit);
      return;
    }
    for (const seen of this.#expectations) seen.set(pid, exit);
    this.logger.debug("reaped a process that is neither init nor exec'd", {
      pid,
      status: exit.status,
    });
  }
}

/** A start that is under way, see {@linkcode Reaper.expect}; must be disposed of when the start has ended. */
export interface Expectation extends Disposable {
  /**
   * Claims the exit of a process that has been started since; resolves when the process has been reaped.
   * @throws {Error} At once, if the process is no child of the shim, or is claimed already.
   */
  claim(pid: number): Promise<Exit>;
}
