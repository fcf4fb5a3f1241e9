/** What the server and its Task service are to each other. */
import type { Bootstrap } from "../bootstrap/mod.ts";
import type { Logger } from "../common/mod.ts";
import type { Reactor, Reaper } from "../process/mod.ts";
import type { Publisher } from "./events.ts";
import type { ServedTask } from "./task.ts";

/** What the server offers to its Task service. */
export interface Shim {
  readonly namespace: string;
  /** The bundle of the container that the server was started for. It may be gone before those of others that joined it. */
  readonly bundle: string;
  readonly logger: Logger;
  readonly reaper: Reaper;
  readonly reactor: Reactor;
  readonly events: Publisher;
  /** A path for a socket that lives for a moment, beside the server's own. */
  newSocketPath(): string;
  /** Work that goes on after an exit and ends by telling of it: a server that ends by SIGTERM waits for it, with a bound. */
  awaitBeforeEnd(work: Promise<unknown>): void;
  /**
   * Ends the server. From this call on nobody can connect; then the calls under way are answered and the events sent, and the
   * process exits.
   */
  shutdown(): void;
}

/** Makes the Task service of a server. */
export type CreateTask = (shim: Shim, bootstrap: Bootstrap) => Promise<ServedTask> | ServedTask;
