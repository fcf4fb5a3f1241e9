/** The shims that a server runs at the same time, taken together. */
import type { Arguments } from "../bootstrap/mod.ts";
import type { ListeningServer } from "./listen.ts";
import type { RunningShim } from "./running_shim.ts";
import { reportState } from "./state_report.ts";
import type { ServedTask } from "./task.ts";

/** A shim that listens. */
export interface ListeningShim {
  readonly args: Arguments;
  readonly shim: RunningShim;
  readonly task: ServedTask;
  readonly listening: ListeningServer;
}

/** Those that listen. */
export class Shims {
  readonly #shims = new Set<ListeningShim>();
  readonly #disconnectListeners: (() => void)[] = [];

  /** Adds one, until it is disposed of. */
  add(added: ListeningShim): Disposable {
    this.#shims.add(added);
    added.listening.onDisconnect(() => {
      for (const listener of this.#disconnectListeners) listener();
    });
    return { [Symbol.dispose]: () => void this.#shims.delete(added) };
  }

  /** The one that was added first. */
  get oldest(): ListeningShim | undefined {
    return this.#shims.values().next().value;
  }

  /** Whether any client is connected to any of them. */
  get isConnected(): boolean {
    return this.#shims.values().some(({ listening }) => listening.isConnected);
  }

  /** Whether any of them holds a pod. */
  get holdsPod(): boolean {
    return this.#shims.values().some(({ task }) => task.holdsPod?.() ?? false);
  }

  /** Calls `listener` from now on whenever a client has gone. */
  onDisconnect(listener: () => void): void {
    this.#disconnectListeners.push(listener);
  }

  /** How many events of all wait for containerd. */
  get queuedEvents(): number {
    return this.#shims.values().reduce((sum, { shim }) => sum + shim.events.queued, 0);
  }

  /** How many containers run in all. */
  get running(): number {
    const processes = this.#shims.values().flatMap(({ task }) => task.describe?.() ?? []);
    return processes.filter(({ exec, status }) => exec === undefined && status === "running")
      .toArray().length;
  }

  /** Resolves when the events of all that has happened so far are sent. */
  async allTold(): Promise<void> {
    await Promise.all(this.#shims.values().map(({ shim }) => shim.allTold()));
  }

  /** Writes the state of each to its log. */
  report(): void {
    for (const { shim, task, listening } of this.#shims) {
      reportState(shim.logger, {
        processes: task.describe?.() ?? [],
        calls: listening.calls,
        queuedEvents: shim.events.queued,
      });
    }
  }

  /** Ends all of them at once, whatever is still to be done. */
  end(): void {
    for (const { shim } of this.#shims) {
      shim.logger.info("the shim ends, as SIGTERM asked for");
      shim.end();
    }
  }
}
