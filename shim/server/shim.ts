/** The interface between the server and its Task service. */
import type { Bootstrap } from "../bootstrap/mod.ts";
import type { Logger } from "../common/mod.ts";
import type { Reactor, Reaper } from "../process/mod.ts";
import type { Settings } from "../settings/settings.ts";
import type { Publisher } from "./events.ts";
import type { ServedTask } from "./task.ts";

/** What the server offers to its Task service. */
export interface Shim {
  readonly namespace: string;
  /** The bundle of the container that the server was started for. It may be gone before those of containers that have joined it. */
  readonly bundle: string;
  /** What the operator of the host has chosen. */
  readonly settings: Settings;
  readonly logger: Logger;
  readonly reaper: Reaper;
  readonly reactor: Reactor;
  readonly events: Publisher;
  /** Makes up a path for a short-lived socket, beside the server's own. */
  newSocketPath(): string;
  /** Makes a server that ends by SIGTERM wait for some work, with a bound: what follows an exit, up to the exit's event. */
  awaitBeforeEnd(work: Promise<unknown>): void;
  /** Ends the process at once, as it can't be trusted any more: `delete` cleans up. */
  abort(): never;
  /**
   * Ends the server. From now on nobody can connect; the process exits when all calls under way are answered and all events are sent.
   */
  shutdown(): void;
  /**
   * {@linkcode shutdown}, when the clients have gone or had the time to: containerd may take an answer for none where the connection ends
   * with it.
   */
  shutdownWhenAlone(): void;
}

/** Makes the Task service of a server. */
export type CreateTask = (shim: Shim, bootstrap: Bootstrap) => Promise<ServedTask> | ServedTask;
