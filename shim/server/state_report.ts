/** What a server tells of itself in its log when somebody sends it SIGUSR1, as operators do to a shim that seems to hang. */
import type { Fields, Logger } from "../common/mod.ts";
import { listDescriptors } from "../libc/mod.ts";
import type { CallUnderWay } from "../ttrpc/mod.ts";

/** What is told of. */
export interface Reported {
  /** What the Task service holds, a record for each process. */
  readonly processes: Iterable<Fields>;
  /** The calls under way. */
  readonly calls: Iterable<CallUnderWay>;
  /** How many events wait for containerd. */
  readonly queuedEvents: number;
}

/** Logs it, a line for each thing. Memory is in bytes. */
export function reportState(logger: Logger, { processes, calls, queuedEvents }: Reported): void {
  const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
  const descriptors = listDescriptors().length;
  logger.info("state of the shim", {
    ...{ rss, heapUsed, heapTotal, external },
    ...{ descriptors, queuedEvents },
  });
  for (const process of processes) logger.info("state of a process", process);
  for (const { method, since } of calls) {
    logger.info("state of a call under way", { method, since: since.toISOString() });
  }
}
