/** The statistics of a cgroup v2: which file each field comes from. */
import type * as proto from "../../proto/metrics/mod.ts";
import { hugePageSizes } from "./huge_pages.ts";
import { readRdma } from "./rdma.ts";
import {
  parseFlatKeyed,
  parseNestedKeyed,
  parseNumber,
  readNumber,
  readNumbers,
  readStatFile,
} from "./stat_files.ts";

/** The files of the controller pids. */
const PIDS = { current: "pids.current", limit: "pids.max" };

/** The keys of cpu.stat. */
const CPU = {
  usageUsec: "usage_usec",
  userUsec: "user_usec",
  systemUsec: "system_usec",
  nrPeriods: "nr_periods",
  nrThrottled: "nr_throttled",
  throttledUsec: "throttled_usec",
  nrBursts: "nr_bursts",
  burstUsec: "burst_usec",
};

/** The keys of memory.stat. */
const MEMORY = {
  anon: "anon",
  file: "file",
  kernelStack: "kernel_stack",
  slab: "slab",
  sock: "sock",
  shmem: "shmem",
  fileMapped: "file_mapped",
  fileDirty: "file_dirty",
  fileWriteback: "file_writeback",
  anonThp: "anon_thp",
  inactiveAnon: "inactive_anon",
  activeAnon: "active_anon",
  inactiveFile: "inactive_file",
  activeFile: "active_file",
  unevictable: "unevictable",
  slabReclaimable: "slab_reclaimable",
  slabUnreclaimable: "slab_unreclaimable",
  pgfault: "pgfault",
  pgmajfault: "pgmajfault",
  workingsetRefault: "workingset_refault",
  workingsetActivate: "workingset_activate",
  workingsetNodereclaim: "workingset_nodereclaim",
  pgrefill: "pgrefill",
  pgscan: "pgscan",
  pgsteal: "pgsteal",
  pgactivate: "pgactivate",
  pgdeactivate: "pgdeactivate",
  pglazyfree: "pglazyfree",
  pglazyfreed: "pglazyfreed",
  thpFaultAlloc: "thp_fault_alloc",
  thpCollapseAlloc: "thp_collapse_alloc",
  workingsetRefaultAnon: "workingset_refault_anon",
  workingsetRefaultFile: "workingset_refault_file",
  workingsetActivateAnon: "workingset_activate_anon",
  workingsetActivateFile: "workingset_activate_file",
};

/** The files of the controller memory that hold one value. */
const MEMORY_FILES = {
  usage: "memory.current",
  usageLimit: "memory.max",
  maxUsage: "memory.peak",
  swapUsage: "memory.swap.current",
  swapLimit: "memory.swap.max",
  swapMaxUsage: "memory.swap.peak",
};

/** The keys of memory.events. */
const MEMORY_EVENTS = {
  low: "low",
  high: "high",
  max: "max",
  oom: "oom",
  oomKill: "oom_kill",
  oomGroupKill: "oom_group_kill",
};

/** Reads the statistics. The fields of a missing file are left out. */
export function readMetricsV2(folder: string): proto.CgroupV2Metrics.Properties {
  return {
    pids: readNumbers(folder, PIDS),
    cpu: readCpu(folder),
    memory: readMemory(folder),
    rdma: readRdma(folder) ?? {},
    io: readIo(folder),
    hugetlb: readHugetlb(folder),
    memoryEvents: readMemoryEvents(folder),
  };
}

function readCpu(folder: string): proto.CgroupV2CPUStat.Properties {
  const stat = readStatFile(folder, "cpu.stat") ?? "";
  return { ...parseFlatKeyed(stat, CPU), psi: readPressure(folder, "cpu.pressure") };
}

function readMemory(folder: string): proto.CgroupV2MemoryStat.Properties {
  return {
    ...parseFlatKeyed(readStatFile(folder, "memory.stat") ?? "", MEMORY),
    ...readNumbers(folder, MEMORY_FILES),
    psi: readPressure(folder, "memory.pressure"),
  };
}

function readMemoryEvents(folder: string): proto.CgroupV2MemoryEvents.Properties | undefined {
  const events = readStatFile(folder, "memory.events");
  return events === undefined ? undefined : parseFlatKeyed(events, MEMORY_EVENTS);
}

function readIo(folder: string): proto.CgroupV2IOStat.Properties {
  const lines = parseNestedKeyed(readStatFile(folder, "io.stat") ?? "");
  const usage = lines.map(({ name, values }) => {
    const [major, minor] = name.split(":");
    const number = (key: string) => parseNumber(values.get(key) ?? "");
    return {
      major: parseNumber(major),
      minor: parseNumber(minor),
      rbytes: number("rbytes"),
      wbytes: number("wbytes"),
      rios: number("rios"),
      wios: number("wios"),
    };
  });
  return { usage, psi: readPressure(folder, "io.pressure") };
}

/** Reads a file of pressure stall information, which has lines `some …` and `full …`. */
function readPressure(
  folder: string,
  name: string,
): proto.CgroupV2PSIStats.Properties | undefined {
  const text = readStatFile(folder, name);
  if (text === undefined) return undefined;
  const lines = new Map(parseNestedKeyed(text).map(({ name, values }) => [name, values]));
  const data = (name: string) => {
    const values = lines.get(name);
    return values && {
      avg10: Number(values.get("avg10") ?? 0),
      avg60: Number(values.get("avg60") ?? 0),
      avg300: Number(values.get("avg300") ?? 0),
      total: parseNumber(values.get("total") ?? ""),
    };
  };
  return { some: data("some"), full: data("full") };
}

function readHugetlb(folder: string): proto.CgroupV2HugeTlbStat.Properties[] {
  return hugePageSizes().map((pagesize) => ({
    current: readNumber(folder, `hugetlb.${pagesize}.current`),
    max: readNumber(folder, `hugetlb.${pagesize}.max`),
    pagesize,
    failcnt: parseFlatKeyed(readStatFile(folder, `hugetlb.${pagesize}.events`) ?? "", {
      failcnt: "max",
    }).failcnt,
  })).filter(({ current }) => current !== undefined);
}
