/** What a container uses, from the answer of Stats. */
import { CgroupV1Metrics, CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import type { Any } from "../../proto/mod.ts";

/** What a container uses at one moment. */
export interface Usage {
  /** Since its start, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** Without the pages of files that the kernel can drop at once, as docker counts it. */
  readonly memoryBytes: number;
  /** Null without one. */
  readonly memoryLimitBytes: number | null;
  readonly pids: number;
  /** Null without one. */
  readonly pidsLimit: number | null;
  /** From disks, since its start. */
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** The kernel's ways to say that there is no limit are numbers about as high as this, or higher. */
const NO_LIMIT = 2 ** 62;

/**
 * Reads an answer of Stats.
 * @returns Undefined if it is of neither version of cgroups, or empty: the container has no cgroup any more.
 */
export function usageOf(stats: Any | null): Usage | undefined {
  if (stats?.typeUrl.endsWith("io.containerd.cgroups.v1.Metrics")) return usageV1(stats.value);
  if (stats?.typeUrl.endsWith("io.containerd.cgroups.v2.Metrics")) return usageV2(stats.value);
  return undefined;
}

function usageV1(value: Uint8Array): Usage {
  const { cpu, memory, pids, blkio } = CgroupV1Metrics.decode(value);
  const entries = blkio?.ioServiceBytesRecursive ?? [];
  const sum = (wanted: string) =>
    entries.filter(({ op }) => op.toLowerCase() === wanted)
      .reduce((total, each) => total + each.value, 0);
  return {
    cpuNanoseconds: cpu?.usage?.total ?? 0,
    memoryBytes: Math.max(0, (memory?.usage?.usage ?? 0) - (memory?.totalInactiveFile ?? 0)),
    memoryLimitBytes: toLimit(memory?.usage?.limit),
    pids: pids?.current ?? 0,
    pidsLimit: toLimit(pids?.limit),
    readBytes: sum("read"),
    writtenBytes: sum("write"),
  };
}

function usageV2(value: Uint8Array): Usage {
  const { cpu, memory, pids, io } = CgroupV2Metrics.decode(value);
  const entries = io?.usage ?? [];
  return {
    cpuNanoseconds: (cpu?.usageUsec ?? 0) * 1000,
    memoryBytes: Math.max(0, (memory?.usage ?? 0) - (memory?.inactiveFile ?? 0)),
    memoryLimitBytes: toLimit(memory?.usageLimit),
    pids: pids?.current ?? 0,
    pidsLimit: toLimit(pids?.limit),
    readBytes: entries.reduce((total, { rbytes }) => total + rbytes, 0),
    writtenBytes: entries.reduce((total, { wbytes }) => total + wbytes, 0),
  };
}

function toLimit(limit = 0): number | null {
  return limit > 0 && limit < NO_LIMIT ? limit : null;
}
