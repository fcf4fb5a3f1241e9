/** The report that a server writes to its log at SIGUSR1: operators send that to a shim that seems to hang. */
import type { Fields, Logger } from "../common/mod.ts";
import { listDescriptors } from "../libc/mod.ts";
import type { CallUnderWay } from "../ttrpc/mod.ts";

/** What the report is of, beside memory and descriptors. */
export interface Reported {
  /** A record for each process that the Task service holds. */
  readonly processes: Iterable<Fields>;
  /** The calls that are not answered yet. */
  readonly calls: Iterable<CallUnderWay>;
  /** How many events wait for containerd. */
  readonly queuedEvents: number;
}

/** Logs the report, in several lines. Memory is in bytes. */
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
