/** What a process uses of what it may keep by mistake (proc(5)). */
import { countDescriptors, privateMemory } from "../../tests/harness/machine/processes.ts";

/** Of one process. */
export interface Usage {
  /** Memory that it has written to and shares with nobody, in MiB. */
  readonly privateMiB: number;
  readonly descriptors: number;
  readonly threads: number;
}

/** What a process uses now. */
export function usageOf(pid: number): Usage {
  return {
    privateMiB: privateMemory(pid),
    descriptors: countDescriptors(pid),
    threads: [...Deno.readDirSync(`/proc/${pid}/task`)].length,
  };
}

/** As in `13.1 MiB, 20 descriptors, 4 threads`. */
export function describeUsage({ privateMiB, descriptors, threads }: Usage): string {
  return `${privateMiB.toFixed(1)} MiB, ${descriptors} descriptors, ${threads} threads`;
}
