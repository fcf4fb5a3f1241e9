/** The statistics of a cgroup v1: which file of which controller each field comes from. */
import type * as proto from "../../proto/metrics/mod.ts";
import { isThere, readText } from "../../shim/libc/mod.ts";
import type { CgroupFolders } from "./folders.ts";
import { hugePageSizes } from "./huge_pages.ts";
import { readRdma } from "./rdma.ts";
import {
  fields,
  parseFlatKeyed,
  parseNumber,
  readNumber,
  readNumbers,
  readStatFile,
} from "./stat_files.ts";

/** The unit of cpuacct.stat (USER_HZ) is a hundredth of a second on every machine that Deno runs on. */
const NANOSECONDS_PER_TICK = 10_000_000n;

/** The keys of cpuacct.stat. */
const CPU_USAGE = { user: "user", kernel: "system" };

/** The keys of cpu.stat. */
const THROTTLE = {
  periods: "nr_periods",
  throttledPeriods: "nr_throttled",
  throttledTime: "throttled_time",
};

/** The keys of memory.stat. */
const MEMORY = {
  cache: "cache",
  rss: "rss",
  rssHuge: "rss_huge",
  mappedFile: "mapped_file",
  dirty: "dirty",
  writeback: "writeback",
  pgPgIn: "pgpgin",
  pgPgOut: "pgpgout",
  pgFault: "pgfault",
  pgMajFault: "pgmajfault",
  inactiveAnon: "inactive_anon",
  activeAnon: "active_anon",
  inactiveFile: "inactive_file",
  activeFile: "active_file",
  unevictable: "unevictable",
  hierarchicalMemoryLimit: "hierarchical_memory_limit",
  hierarchicalSwapLimit: "hierarchical_memsw_limit",
  totalCache: "total_cache",
  totalRss: "total_rss",
  totalRssHuge: "total_rss_huge",
  totalMappedFile: "total_mapped_file",
  totalDirty: "total_dirty",
  totalWriteback: "total_writeback",
  totalPgPgIn: "total_pgpgin",
  totalPgPgOut: "total_pgpgout",
  totalPgFault: "total_pgfault",
  totalPgMajFault: "total_pgmajfault",
  totalInactiveAnon: "total_inactive_anon",
  totalActiveAnon: "total_active_anon",
  totalInactiveFile: "total_inactive_file",
  totalActiveFile: "total_active_file",
  totalUnevictable: "total_unevictable",
};

/** The files of each part of the memory, `memory.limit_in_bytes` and so on. */
const MEMORY_ENTRIES = {
  usage: memoryEntry("memory"),
  swap: memoryEntry("memory.memsw"),
  kernel: memoryEntry("memory.kmem"),
  kernelTcp: memoryEntry("memory.kmem.tcp"),
};

function memoryEntry(prefix: string) {
  return {
    limit: `${prefix}.limit_in_bytes`,
    usage: `${prefix}.usage_in_bytes`,
    max: `${prefix}.max_usage_in_bytes`,
    failcnt: `${prefix}.failcnt`,
  };
}

/** The keys of memory.oom_control. */
const OOM_CONTROL = {
  oomKillDisable: "oom_kill_disable",
  underOom: "under_oom",
  oomKill: "oom_kill",
};

/** The files of the I/O scheduler CFQ, which count the cgroups below, too. Kernels since 5.0 have none. */
const BLKIO_CFQ = {
  ioServiceBytesRecursive: "blkio.io_service_bytes_recursive",
  ioServicedRecursive: "blkio.io_serviced_recursive",
  ioQueuedRecursive: "blkio.io_queued_recursive",
  ioServiceTimeRecursive: "blkio.io_service_time_recursive",
  ioWaitTimeRecursive: "blkio.io_wait_time_recursive",
  ioMergedRecursive: "blkio.io_merged_recursive",
  ioTimeRecursive: "blkio.time_recursive",
  sectorsRecursive: "blkio.sectors_recursive",
};

/** The files that there are with any I/O scheduler, and count the cgroup alone. */
const BLKIO_THROTTLE = {
  ioServiceBytesRecursive: "blkio.throttle.io_service_bytes",
  ioServicedRecursive: "blkio.throttle.io_serviced",
};

/** Reads the statistics. The part of a controller that is not there is left out, and so are the fields of a missing file. */
export function readMetricsV1(cgroup: CgroupFolders): proto.CgroupV1Metrics.Properties {
  return {
    hugetlb: whereThere(cgroup.controller("hugetlb"), readHugetlb),
    pids: whereThere(cgroup.controller("pids"), readPids),
    cpu: {
      usage: whereThere(cgroup.controller("cpuacct"), readCpuUsage) ?? {},
      throttling: whereThere(cgroup.controller("cpu"), readThrottle) ?? {},
    },
    ...whereThere(cgroup.controller("memory"), readMemory),
    blkio: whereThere(cgroup.controller("blkio"), readBlkio),
    rdma: whereThere(cgroup.controller("rdma"), readRdma),
  };
}

function whereThere<Part>(
  folder: string | undefined,
  read: (folder: string) => Part,
): Part | undefined {
  return folder === undefined ? undefined : read(folder);
}

function readHugetlb(folder: string): proto.CgroupV1HugetlbStat.Properties[] {
  return hugePageSizes().map((pagesize) => ({
    ...readNumbers(folder, {
      usage: `hugetlb.${pagesize}.usage_in_bytes`,
      max: `hugetlb.${pagesize}.max_usage_in_bytes`,
      failcnt: `hugetlb.${pagesize}.failcnt`,
    }),
    pagesize,
  })).filter(({ usage }) => usage !== undefined);
}

function readPids(folder: string): proto.CgroupV1PidsStat.Properties | undefined {
  const current = readNumber(folder, "pids.current");
  if (current === undefined) return undefined;
  return { current, limit: readNumber(folder, "pids.max", 0n) };
}

function readCpuUsage(folder: string): proto.CgroupV1CPUUsage.Properties {
  const ticks = parseFlatKeyed(readStatFile(folder, "cpuacct.stat") ?? "", CPU_USAGE);
  const perCpu = readStatFile(folder, "cpuacct.usage_percpu")?.trim() ?? "";
  return {
    total: readNumber(folder, "cpuacct.usage"),
    kernel: (ticks.kernel ?? 0n) * NANOSECONDS_PER_TICK,
    user: (ticks.user ?? 0n) * NANOSECONDS_PER_TICK,
    perCpu: perCpu === "" ? [] : perCpu.split(/\s+/).map((usage) => parseNumber(usage)),
  };
}

function readThrottle(folder: string): proto.CgroupV1Throttle.Properties {
  return parseFlatKeyed(readStatFile(folder, "cpu.stat") ?? "", THROTTLE);
}

function readMemory(
  folder: string,
): Pick<proto.CgroupV1Metrics.Properties, "memory" | "memoryOomControl"> {
  const stat = readStatFile(folder, "memory.stat");
  if (stat === undefined) return {};
  const oomControl = readStatFile(folder, "memory.oom_control");
  return {
    memory: {
      ...parseFlatKeyed(stat, MEMORY),
      usage: readNumbers(folder, MEMORY_ENTRIES.usage),
      swap: readNumbers(folder, MEMORY_ENTRIES.swap),
      kernel: readNumbers(folder, MEMORY_ENTRIES.kernel),
      kernelTcp: readNumbers(folder, MEMORY_ENTRIES.kernelTcp),
    },
    memoryOomControl: oomControl === undefined
      ? undefined
      : parseFlatKeyed(oomControl, OOM_CONTROL),
  };
}

function readBlkio(folder: string): proto.CgroupV1BlkIOStat.Properties {
  let paths: ReadonlyMap<string, string> | undefined;
  // Many cgroups have read and written nothing.
  const pathOf = (device: string) =>
    (paths ??= parsePartitions(readText("/proc/partitions"))).get(device);
  const entries = (file: string) => parseBlkio(readStatFile(folder, file) ?? "", pathOf);
  // Where the kernel has no CFQ, none of its files is there; where the devices have another scheduler, they are empty.
  const hasCfq = isThere(`${folder}/${BLKIO_CFQ.ioServiceBytesRecursive}`);
  const cfq = hasCfq ? fields(BLKIO_CFQ, entries) : undefined;
  const isCfq = cfq && Object.values(cfq).some((entries) => entries.length > 0);
  return isCfq ? cfq : fields(BLKIO_THROTTLE, entries);
}

/**
 * Parses a file of the controller blkio: lines `MAJOR:MINOR OPERATION VALUE`, or without the operation in files that do not tell them
 * apart, and `Total VALUE` at the end.
 * @param pathOf The path of a device, by `MAJOR:MINOR`.
 */
function parseBlkio(
  text: string,
  pathOf: (device: string) => string | undefined,
): proto.CgroupV1BlkIOEntry.Properties[] {
  return [...text.matchAll(/^(\d+):(\d+) (?:(\S+) )?(\d+)$/gm)].map(
    ([, major, minor, op, value]) => ({
      op,
      device: pathOf(`${major}:${minor}`),
      major: BigInt(major),
      minor: BigInt(minor),
      value: BigInt(value),
    }),
  );
}

/** The paths of devices by `MAJOR:MINOR`, from /proc/partitions: lines `major minor #blocks name` after a heading. */
function parsePartitions(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^ *(\d+) +(\d+) +\d+ +(\S+)$/gm)];
  return new Map(lines.map(([, major, minor, name]) => [`${major}:${minor}`, `/dev/${name}`]));
}
