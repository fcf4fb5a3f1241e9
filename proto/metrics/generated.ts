// Generated from the .proto files by tools/proto.ts: not to be edited.
import { messageType, toLong } from "../protobuf.ts";

export interface CgroupV1Metrics {
  hugetlb: CgroupV1HugetlbStat[];
  pids: CgroupV1PidsStat | null;
  cpu: CgroupV1CPUStat | null;
  memory: CgroupV1MemoryStat | null;
  blkio: CgroupV1BlkIOStat | null;
  rdma: CgroupV1RdmaStat | null;
  memoryOomControl: CgroupV1MemoryOomControl | null;
}
export declare namespace CgroupV1Metrics {
  interface Properties {
    hugetlb?: readonly CgroupV1HugetlbStat.Properties[];
    pids?: CgroupV1PidsStat.Properties | null;
    cpu?: CgroupV1CPUStat.Properties | null;
    memory?: CgroupV1MemoryStat.Properties | null;
    blkio?: CgroupV1BlkIOStat.Properties | null;
    rdma?: CgroupV1RdmaStat.Properties | null;
    memoryOomControl?: CgroupV1MemoryOomControl.Properties | null;
  }
}
export const CgroupV1Metrics = /* @__PURE__ */ messageType<
  CgroupV1Metrics,
  CgroupV1Metrics.Properties
>(
  () => ({
    hugetlb: [],
    pids: null,
    cpu: null,
    memory: null,
    blkio: null,
    rdma: null,
    memoryOomControl: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.hugetlb.push(CgroupV1HugetlbStat.decode(reader.bytes()));
    else if (tag === 18) message.pids = CgroupV1PidsStat.decode(reader.bytes(), message.pids);
    else if (tag === 26) message.cpu = CgroupV1CPUStat.decode(reader.bytes(), message.cpu);
    else if (tag === 34) message.memory = CgroupV1MemoryStat.decode(reader.bytes(), message.memory);
    else if (tag === 42) message.blkio = CgroupV1BlkIOStat.decode(reader.bytes(), message.blkio);
    else if (tag === 50) message.rdma = CgroupV1RdmaStat.decode(reader.bytes(), message.rdma);
    else if (tag === 74) {
      message.memoryOomControl = CgroupV1MemoryOomControl.decode(
        reader.bytes(),
        message.memoryOomControl,
      );
    }
  },
  (message, writer) => {
    for (const item of message.hugetlb ?? []) {
      CgroupV1HugetlbStat.encode(item, writer.uint32(10).fork()).ldelim();
    }
    if (message.pids) CgroupV1PidsStat.encode(message.pids, writer.uint32(18).fork()).ldelim();
    if (message.cpu) CgroupV1CPUStat.encode(message.cpu, writer.uint32(26).fork()).ldelim();
    if (message.memory) {
      CgroupV1MemoryStat.encode(message.memory, writer.uint32(34).fork()).ldelim();
    }
    if (message.blkio) CgroupV1BlkIOStat.encode(message.blkio, writer.uint32(42).fork()).ldelim();
    if (message.rdma) CgroupV1RdmaStat.encode(message.rdma, writer.uint32(50).fork()).ldelim();
    if (message.memoryOomControl) {
      CgroupV1MemoryOomControl.encode(message.memoryOomControl, writer.uint32(74).fork()).ldelim();
    }
  },
);

export interface CgroupV1HugetlbStat {
  usage: number;
  max: number;
  failcnt: number;
  pagesize: string;
}
export declare namespace CgroupV1HugetlbStat {
  interface Properties extends Partial<Omit<CgroupV1HugetlbStat, "usage" | "max" | "failcnt">> {
    usage?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV1HugetlbStat = /* @__PURE__ */ messageType<
  CgroupV1HugetlbStat,
  CgroupV1HugetlbStat.Properties
>(
  () => ({ usage: 0, max: 0, failcnt: 0, pagesize: "" }),
  (message, tag, reader) => {
    if (tag === 8) message.usage = Number(reader.uint64());
    else if (tag === 16) message.max = Number(reader.uint64());
    else if (tag === 24) message.failcnt = Number(reader.uint64());
    else if (tag === 34) message.pagesize = reader.stringVerify();
  },
  (message, writer) => {
    if (message.usage) writer.uint32(8).uint64(toLong(message.usage));
    if (message.max) writer.uint32(16).uint64(toLong(message.max));
    if (message.failcnt) writer.uint32(24).uint64(toLong(message.failcnt));
    if (message.pagesize) writer.uint32(34).string(message.pagesize);
  },
);

export interface CgroupV1PidsStat {
  current: number;
  limit: number;
}
export declare namespace CgroupV1PidsStat {
  interface Properties {
    current?: number | bigint;
    limit?: number | bigint;
  }
}
export const CgroupV1PidsStat = /* @__PURE__ */ messageType<
  CgroupV1PidsStat,
  CgroupV1PidsStat.Properties
>(
  () => ({ current: 0, limit: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.limit = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.limit) writer.uint32(16).uint64(toLong(message.limit));
  },
);

export interface CgroupV1CPUStat {
  usage: CgroupV1CPUUsage | null;
  throttling: CgroupV1Throttle | null;
}
export declare namespace CgroupV1CPUStat {
  interface Properties {
    usage?: CgroupV1CPUUsage.Properties | null;
    throttling?: CgroupV1Throttle.Properties | null;
  }
}
export const CgroupV1CPUStat = /* @__PURE__ */ messageType<
  CgroupV1CPUStat,
  CgroupV1CPUStat.Properties
>(
  () => ({ usage: null, throttling: null }),
  (message, tag, reader) => {
    if (tag === 10) message.usage = CgroupV1CPUUsage.decode(reader.bytes(), message.usage);
    else if (tag === 18) {
      message.throttling = CgroupV1Throttle.decode(reader.bytes(), message.throttling);
    }
  },
  (message, writer) => {
    if (message.usage) CgroupV1CPUUsage.encode(message.usage, writer.uint32(10).fork()).ldelim();
    if (message.throttling) {
      CgroupV1Throttle.encode(message.throttling, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV1CPUUsage {
  total: number;
  kernel: number;
  user: number;
  perCpu: number[];
}
export declare namespace CgroupV1CPUUsage {
  interface Properties {
    total?: number | bigint;
    kernel?: number | bigint;
    user?: number | bigint;
    perCpu?: readonly (number | bigint)[];
  }
}
export const CgroupV1CPUUsage = /* @__PURE__ */ messageType<
  CgroupV1CPUUsage,
  CgroupV1CPUUsage.Properties
>(
  () => ({ total: 0, kernel: 0, user: 0, perCpu: [] }),
  (message, tag, reader) => {
    if (tag === 8) message.total = Number(reader.uint64());
    else if (tag === 16) message.kernel = Number(reader.uint64());
    else if (tag === 24) message.user = Number(reader.uint64());
    else if (tag === 34) reader.uint64s(message.perCpu);
    else if (tag === 32) message.perCpu.push(Number(reader.uint64()));
  },
  (message, writer) => {
    if (message.total) writer.uint32(8).uint64(toLong(message.total));
    if (message.kernel) writer.uint32(16).uint64(toLong(message.kernel));
    if (message.user) writer.uint32(24).uint64(toLong(message.user));
    if (message.perCpu?.length) writer.uint32(34).uint64s(message.perCpu.map(toLong));
  },
);

export interface CgroupV1Throttle {
  periods: number;
  throttledPeriods: number;
  throttledTime: number;
}
export declare namespace CgroupV1Throttle {
  interface Properties {
    periods?: number | bigint;
    throttledPeriods?: number | bigint;
    throttledTime?: number | bigint;
  }
}
export const CgroupV1Throttle = /* @__PURE__ */ messageType<
  CgroupV1Throttle,
  CgroupV1Throttle.Properties
>(
  () => ({ periods: 0, throttledPeriods: 0, throttledTime: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.periods = Number(reader.uint64());
    else if (tag === 16) message.throttledPeriods = Number(reader.uint64());
    else if (tag === 24) message.throttledTime = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.periods) writer.uint32(8).uint64(toLong(message.periods));
    if (message.throttledPeriods) writer.uint32(16).uint64(toLong(message.throttledPeriods));
    if (message.throttledTime) writer.uint32(24).uint64(toLong(message.throttledTime));
  },
);

export interface CgroupV1MemoryStat {
  cache: number;
  rss: number;
  rssHuge: number;
  mappedFile: number;
  dirty: number;
  writeback: number;
  pgPgIn: number;
  pgPgOut: number;
  pgFault: number;
  pgMajFault: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  hierarchicalMemoryLimit: number;
  hierarchicalSwapLimit: number;
  totalCache: number;
  totalRss: number;
  totalRssHuge: number;
  totalMappedFile: number;
  totalDirty: number;
  totalWriteback: number;
  totalPgPgIn: number;
  totalPgPgOut: number;
  totalPgFault: number;
  totalPgMajFault: number;
  totalInactiveAnon: number;
  totalActiveAnon: number;
  totalInactiveFile: number;
  totalActiveFile: number;
  totalUnevictable: number;
  usage: CgroupV1MemoryEntry | null;
  swap: CgroupV1MemoryEntry | null;
  kernel: CgroupV1MemoryEntry | null;
  kernelTcp: CgroupV1MemoryEntry | null;
}
export declare namespace CgroupV1MemoryStat {
  interface Properties {
    cache?: number | bigint;
    rss?: number | bigint;
    rssHuge?: number | bigint;
    mappedFile?: number | bigint;
    dirty?: number | bigint;
    writeback?: number | bigint;
    pgPgIn?: number | bigint;
    pgPgOut?: number | bigint;
    pgFault?: number | bigint;
    pgMajFault?: number | bigint;
    inactiveAnon?: number | bigint;
    activeAnon?: number | bigint;
    inactiveFile?: number | bigint;
    activeFile?: number | bigint;
    unevictable?: number | bigint;
    hierarchicalMemoryLimit?: number | bigint;
    hierarchicalSwapLimit?: number | bigint;
    totalCache?: number | bigint;
    totalRss?: number | bigint;
    totalRssHuge?: number | bigint;
    totalMappedFile?: number | bigint;
    totalDirty?: number | bigint;
    totalWriteback?: number | bigint;
    totalPgPgIn?: number | bigint;
    totalPgPgOut?: number | bigint;
    totalPgFault?: number | bigint;
    totalPgMajFault?: number | bigint;
    totalInactiveAnon?: number | bigint;
    totalActiveAnon?: number | bigint;
    totalInactiveFile?: number | bigint;
    totalActiveFile?: number | bigint;
    totalUnevictable?: number | bigint;
    usage?: CgroupV1MemoryEntry.Properties | null;
    swap?: CgroupV1MemoryEntry.Properties | null;
    kernel?: CgroupV1MemoryEntry.Properties | null;
    kernelTcp?: CgroupV1MemoryEntry.Properties | null;
  }
}
export const CgroupV1MemoryStat = /* @__PURE__ */ messageType<
  CgroupV1MemoryStat,
  CgroupV1MemoryStat.Properties
>(
  () => ({
    cache: 0,
    rss: 0,
    rssHuge: 0,
    mappedFile: 0,
    dirty: 0,
    writeback: 0,
    pgPgIn: 0,
    pgPgOut: 0,
    pgFault: 0,
    pgMajFault: 0,
    inactiveAnon: 0,
    activeAnon: 0,
    inactiveFile: 0,
    activeFile: 0,
    unevictable: 0,
    hierarchicalMemoryLimit: 0,
    hierarchicalSwapLimit: 0,
    totalCache: 0,
    totalRss: 0,
    totalRssHuge: 0,
    totalMappedFile: 0,
    totalDirty: 0,
    totalWriteback: 0,
    totalPgPgIn: 0,
    totalPgPgOut: 0,
    totalPgFault: 0,
    totalPgMajFault: 0,
    totalInactiveAnon: 0,
    totalActiveAnon: 0,
    totalInactiveFile: 0,
    totalActiveFile: 0,
    totalUnevictable: 0,
    usage: null,
    swap: null,
    kernel: null,
    kernelTcp: null,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.cache = Number(reader.uint64());
    else if (tag === 16) message.rss = Number(reader.uint64());
    else if (tag === 24) message.rssHuge = Number(reader.uint64());
    else if (tag === 32) message.mappedFile = Number(reader.uint64());
    else if (tag === 40) message.dirty = Number(reader.uint64());
    else if (tag === 48) message.writeback = Number(reader.uint64());
    else if (tag === 56) message.pgPgIn = Number(reader.uint64());
    else if (tag === 64) message.pgPgOut = Number(reader.uint64());
    else if (tag === 72) message.pgFault = Number(reader.uint64());
    else if (tag === 80) message.pgMajFault = Number(reader.uint64());
    else if (tag === 88) message.inactiveAnon = Number(reader.uint64());
    else if (tag === 96) message.activeAnon = Number(reader.uint64());
    else if (tag === 104) message.inactiveFile = Number(reader.uint64());
    else if (tag === 112) message.activeFile = Number(reader.uint64());
    else if (tag === 120) message.unevictable = Number(reader.uint64());
    else if (tag === 128) message.hierarchicalMemoryLimit = Number(reader.uint64());
    else if (tag === 136) message.hierarchicalSwapLimit = Number(reader.uint64());
    else if (tag === 144) message.totalCache = Number(reader.uint64());
    else if (tag === 152) message.totalRss = Number(reader.uint64());
    else if (tag === 160) message.totalRssHuge = Number(reader.uint64());
    else if (tag === 168) message.totalMappedFile = Number(reader.uint64());
    else if (tag === 176) message.totalDirty = Number(reader.uint64());
    else if (tag === 184) message.totalWriteback = Number(reader.uint64());
    else if (tag === 192) message.totalPgPgIn = Number(reader.uint64());
    else if (tag === 200) message.totalPgPgOut = Number(reader.uint64());
    else if (tag === 208) message.totalPgFault = Number(reader.uint64());
    else if (tag === 216) message.totalPgMajFault = Number(reader.uint64());
    else if (tag === 224) message.totalInactiveAnon = Number(reader.uint64());
    else if (tag === 232) message.totalActiveAnon = Number(reader.uint64());
    else if (tag === 240) message.totalInactiveFile = Number(reader.uint64());
    else if (tag === 248) message.totalActiveFile = Number(reader.uint64());
    else if (tag === 256) message.totalUnevictable = Number(reader.uint64());
    else if (tag === 266) message.usage = CgroupV1MemoryEntry.decode(reader.bytes(), message.usage);
    else if (tag === 274) message.swap = CgroupV1MemoryEntry.decode(reader.bytes(), message.swap);
    else if (tag === 282) {
      message.kernel = CgroupV1MemoryEntry.decode(reader.bytes(), message.kernel);
    } else if (tag === 290) {
      message.kernelTcp = CgroupV1MemoryEntry.decode(reader.bytes(), message.kernelTcp);
    }
  },
  (message, writer) => {
    if (message.cache) writer.uint32(8).uint64(toLong(message.cache));
    if (message.rss) writer.uint32(16).uint64(toLong(message.rss));
    if (message.rssHuge) writer.uint32(24).uint64(toLong(message.rssHuge));
    if (message.mappedFile) writer.uint32(32).uint64(toLong(message.mappedFile));
    if (message.dirty) writer.uint32(40).uint64(toLong(message.dirty));
    if (message.writeback) writer.uint32(48).uint64(toLong(message.writeback));
    if (message.pgPgIn) writer.uint32(56).uint64(toLong(message.pgPgIn));
    if (message.pgPgOut) writer.uint32(64).uint64(toLong(message.pgPgOut));
    if (message.pgFault) writer.uint32(72).uint64(toLong(message.pgFault));
    if (message.pgMajFault) writer.uint32(80).uint64(toLong(message.pgMajFault));
    if (message.inactiveAnon) writer.uint32(88).uint64(toLong(message.inactiveAnon));
    if (message.activeAnon) writer.uint32(96).uint64(toLong(message.activeAnon));
    if (message.inactiveFile) writer.uint32(104).uint64(toLong(message.inactiveFile));
    if (message.activeFile) writer.uint32(112).uint64(toLong(message.activeFile));
    if (message.unevictable) writer.uint32(120).uint64(toLong(message.unevictable));
    if (message.hierarchicalMemoryLimit) {
      writer.uint32(128).uint64(toLong(message.hierarchicalMemoryLimit));
    }
    if (message.hierarchicalSwapLimit) {
      writer.uint32(136).uint64(toLong(message.hierarchicalSwapLimit));
    }
    if (message.totalCache) writer.uint32(144).uint64(toLong(message.totalCache));
    if (message.totalRss) writer.uint32(152).uint64(toLong(message.totalRss));
    if (message.totalRssHuge) writer.uint32(160).uint64(toLong(message.totalRssHuge));
    if (message.totalMappedFile) writer.uint32(168).uint64(toLong(message.totalMappedFile));
    if (message.totalDirty) writer.uint32(176).uint64(toLong(message.totalDirty));
    if (message.totalWriteback) writer.uint32(184).uint64(toLong(message.totalWriteback));
    if (message.totalPgPgIn) writer.uint32(192).uint64(toLong(message.totalPgPgIn));
    if (message.totalPgPgOut) writer.uint32(200).uint64(toLong(message.totalPgPgOut));
    if (message.totalPgFault) writer.uint32(208).uint64(toLong(message.totalPgFault));
    if (message.totalPgMajFault) writer.uint32(216).uint64(toLong(message.totalPgMajFault));
    if (message.totalInactiveAnon) writer.uint32(224).uint64(toLong(message.totalInactiveAnon));
    if (message.totalActiveAnon) writer.uint32(232).uint64(toLong(message.totalActiveAnon));
    if (message.totalInactiveFile) writer.uint32(240).uint64(toLong(message.totalInactiveFile));
    if (message.totalActiveFile) writer.uint32(248).uint64(toLong(message.totalActiveFile));
    if (message.totalUnevictable) writer.uint32(256).uint64(toLong(message.totalUnevictable));
    if (message.usage) {
      CgroupV1MemoryEntry.encode(message.usage, writer.uint32(266).fork()).ldelim();
    }
    if (message.swap) CgroupV1MemoryEntry.encode(message.swap, writer.uint32(274).fork()).ldelim();
    if (message.kernel) {
      CgroupV1MemoryEntry.encode(message.kernel, writer.uint32(282).fork()).ldelim();
    }
    if (message.kernelTcp) {
      CgroupV1MemoryEntry.encode(message.kernelTcp, writer.uint32(290).fork()).ldelim();
    }
  },
);

export interface CgroupV1MemoryEntry {
  limit: number;
  usage: number;
  max: number;
  failcnt: number;
}
export declare namespace CgroupV1MemoryEntry {
  interface Properties {
    limit?: number | bigint;
    usage?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV1MemoryEntry = /* @__PURE__ */ messageType<
  CgroupV1MemoryEntry,
  CgroupV1MemoryEntry.Properties
>(
  () => ({ limit: 0, usage: 0, max: 0, failcnt: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.limit = Number(reader.uint64());
    else if (tag === 16) message.usage = Number(reader.uint64());
    else if (tag === 24) message.max = Number(reader.uint64());
    else if (tag === 32) message.failcnt = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.limit) writer.uint32(8).uint64(toLong(message.limit));
    if (message.usage) writer.uint32(16).uint64(toLong(message.usage));
    if (message.max) writer.uint32(24).uint64(toLong(message.max));
    if (message.failcnt) writer.uint32(32).uint64(toLong(message.failcnt));
  },
);

export interface CgroupV1BlkIOStat {
  ioServiceBytesRecursive: CgroupV1BlkIOEntry[];
  ioServicedRecursive: CgroupV1BlkIOEntry[];
  ioQueuedRecursive: CgroupV1BlkIOEntry[];
  ioServiceTimeRecursive: CgroupV1BlkIOEntry[];
  ioWaitTimeRecursive: CgroupV1BlkIOEntry[];
  ioMergedRecursive: CgroupV1BlkIOEntry[];
  ioTimeRecursive: CgroupV1BlkIOEntry[];
  sectorsRecursive: CgroupV1BlkIOEntry[];
}
export declare namespace CgroupV1BlkIOStat {
  interface Properties {
    ioServiceBytesRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioServicedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioQueuedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioServiceTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioWaitTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioMergedRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    ioTimeRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
    sectorsRecursive?: readonly CgroupV1BlkIOEntry.Properties[];
  }
}
export const CgroupV1BlkIOStat = /* @__PURE__ */ messageType<
  CgroupV1BlkIOStat,
  CgroupV1BlkIOStat.Properties
>(
  () => ({
    ioServiceBytesRecursive: [],
    ioServicedRecursive: [],
    ioQueuedRecursive: [],
    ioServiceTimeRecursive: [],
    ioWaitTimeRecursive: [],
    ioMergedRecursive: [],
    ioTimeRecursive: [],
    sectorsRecursive: [],
  }),
  (message, tag, reader) => {
    if (tag === 10) message.ioServiceBytesRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    else if (tag === 18) {
      message.ioServicedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 26) {
      message.ioQueuedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 34) {
      message.ioServiceTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 42) {
      message.ioWaitTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 50) {
      message.ioMergedRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    } else if (tag === 58) message.ioTimeRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
    else if (tag === 66) message.sectorsRecursive.push(CgroupV1BlkIOEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.ioServiceBytesRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.ioServicedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
    for (const item of message.ioQueuedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(26).fork()).ldelim();
    }
    for (const item of message.ioServiceTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(34).fork()).ldelim();
    }
    for (const item of message.ioWaitTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(42).fork()).ldelim();
    }
    for (const item of message.ioMergedRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(50).fork()).ldelim();
    }
    for (const item of message.ioTimeRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(58).fork()).ldelim();
    }
    for (const item of message.sectorsRecursive ?? []) {
      CgroupV1BlkIOEntry.encode(item, writer.uint32(66).fork()).ldelim();
    }
  },
);

export interface CgroupV1BlkIOEntry {
  op: string;
  device: string;
  major: number;
  minor: number;
  value: number;
}
export declare namespace CgroupV1BlkIOEntry {
  interface Properties extends Partial<Omit<CgroupV1BlkIOEntry, "major" | "minor" | "value">> {
    major?: number | bigint;
    minor?: number | bigint;
    value?: number | bigint;
  }
}
export const CgroupV1BlkIOEntry = /* @__PURE__ */ messageType<
  CgroupV1BlkIOEntry,
  CgroupV1BlkIOEntry.Properties
>(
  () => ({ op: "", device: "", major: 0, minor: 0, value: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.op = reader.stringVerify();
    else if (tag === 18) message.device = reader.stringVerify();
    else if (tag === 24) message.major = Number(reader.uint64());
    else if (tag === 32) message.minor = Number(reader.uint64());
    else if (tag === 40) message.value = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.op) writer.uint32(10).string(message.op);
    if (message.device) writer.uint32(18).string(message.device);
    if (message.major) writer.uint32(24).uint64(toLong(message.major));
    if (message.minor) writer.uint32(32).uint64(toLong(message.minor));
    if (message.value) writer.uint32(40).uint64(toLong(message.value));
  },
);

export interface CgroupV1RdmaStat {
  current: CgroupV1RdmaEntry[];
  limit: CgroupV1RdmaEntry[];
}
export declare namespace CgroupV1RdmaStat {
  interface Properties {
    current?: readonly CgroupV1RdmaEntry.Properties[];
    limit?: readonly CgroupV1RdmaEntry.Properties[];
  }
}
export const CgroupV1RdmaStat = /* @__PURE__ */ messageType<
  CgroupV1RdmaStat,
  CgroupV1RdmaStat.Properties
>(
  () => ({ current: [], limit: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.current.push(CgroupV1RdmaEntry.decode(reader.bytes()));
    else if (tag === 18) message.limit.push(CgroupV1RdmaEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.current ?? []) {
      CgroupV1RdmaEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.limit ?? []) {
      CgroupV1RdmaEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV1RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export declare namespace CgroupV1RdmaEntry {
  type Properties = Partial<CgroupV1RdmaEntry>;
}
export const CgroupV1RdmaEntry = /* @__PURE__ */ messageType<
  CgroupV1RdmaEntry,
  CgroupV1RdmaEntry.Properties
>(
  () => ({ device: "", hcaHandles: 0, hcaObjects: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.device = reader.stringVerify();
    else if (tag === 16) message.hcaHandles = reader.uint32();
    else if (tag === 24) message.hcaObjects = reader.uint32();
  },
  (message, writer) => {
    if (message.device) writer.uint32(10).string(message.device);
    if (message.hcaHandles) writer.uint32(16).uint32(message.hcaHandles);
    if (message.hcaObjects) writer.uint32(24).uint32(message.hcaObjects);
  },
);

export interface CgroupV1MemoryOomControl {
  oomKillDisable: number;
  underOom: number;
  oomKill: number;
}
export declare namespace CgroupV1MemoryOomControl {
  interface Properties {
    oomKillDisable?: number | bigint;
    underOom?: number | bigint;
    oomKill?: number | bigint;
  }
}
export const CgroupV1MemoryOomControl = /* @__PURE__ */ messageType<
  CgroupV1MemoryOomControl,
  CgroupV1MemoryOomControl.Properties
>(
  () => ({ oomKillDisable: 0, underOom: 0, oomKill: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.oomKillDisable = Number(reader.uint64());
    else if (tag === 16) message.underOom = Number(reader.uint64());
    else if (tag === 24) message.oomKill = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.oomKillDisable) writer.uint32(8).uint64(toLong(message.oomKillDisable));
    if (message.underOom) writer.uint32(16).uint64(toLong(message.underOom));
    if (message.oomKill) writer.uint32(24).uint64(toLong(message.oomKill));
  },
);

export interface CgroupV2Metrics {
  pids: CgroupV2PidsStat | null;
  cpu: CgroupV2CPUStat | null;
  memory: CgroupV2MemoryStat | null;
  rdma: CgroupV2RdmaStat | null;
  io: CgroupV2IOStat | null;
  hugetlb: CgroupV2HugeTlbStat[];
  memoryEvents: CgroupV2MemoryEvents | null;
}
export declare namespace CgroupV2Metrics {
  interface Properties {
    pids?: CgroupV2PidsStat.Properties | null;
    cpu?: CgroupV2CPUStat.Properties | null;
    memory?: CgroupV2MemoryStat.Properties | null;
    rdma?: CgroupV2RdmaStat.Properties | null;
    io?: CgroupV2IOStat.Properties | null;
    hugetlb?: readonly CgroupV2HugeTlbStat.Properties[];
    memoryEvents?: CgroupV2MemoryEvents.Properties | null;
  }
}
export const CgroupV2Metrics = /* @__PURE__ */ messageType<
  CgroupV2Metrics,
  CgroupV2Metrics.Properties
>(
  () => ({
    pids: null,
    cpu: null,
    memory: null,
    rdma: null,
    io: null,
    hugetlb: [],
    memoryEvents: null,
  }),
  (message, tag, reader) => {
    if (tag === 10) message.pids = CgroupV2PidsStat.decode(reader.bytes(), message.pids);
    else if (tag === 18) message.cpu = CgroupV2CPUStat.decode(reader.bytes(), message.cpu);
    else if (tag === 34) message.memory = CgroupV2MemoryStat.decode(reader.bytes(), message.memory);
    else if (tag === 42) message.rdma = CgroupV2RdmaStat.decode(reader.bytes(), message.rdma);
    else if (tag === 50) message.io = CgroupV2IOStat.decode(reader.bytes(), message.io);
    else if (tag === 58) message.hugetlb.push(CgroupV2HugeTlbStat.decode(reader.bytes()));
    else if (tag === 66) {
      message.memoryEvents = CgroupV2MemoryEvents.decode(reader.bytes(), message.memoryEvents);
    }
  },
  (message, writer) => {
    if (message.pids) CgroupV2PidsStat.encode(message.pids, writer.uint32(10).fork()).ldelim();
    if (message.cpu) CgroupV2CPUStat.encode(message.cpu, writer.uint32(18).fork()).ldelim();
    if (message.memory) {
      CgroupV2MemoryStat.encode(message.memory, writer.uint32(34).fork()).ldelim();
    }
    if (message.rdma) CgroupV2RdmaStat.encode(message.rdma, writer.uint32(42).fork()).ldelim();
    if (message.io) CgroupV2IOStat.encode(message.io, writer.uint32(50).fork()).ldelim();
    for (const item of message.hugetlb ?? []) {
      CgroupV2HugeTlbStat.encode(item, writer.uint32(58).fork()).ldelim();
    }
    if (message.memoryEvents) {
      CgroupV2MemoryEvents.encode(message.memoryEvents, writer.uint32(66).fork()).ldelim();
    }
  },
);

export interface CgroupV2PidsStat {
  current: number;
  limit: number;
}
export declare namespace CgroupV2PidsStat {
  interface Properties {
    current?: number | bigint;
    limit?: number | bigint;
  }
}
export const CgroupV2PidsStat = /* @__PURE__ */ messageType<
  CgroupV2PidsStat,
  CgroupV2PidsStat.Properties
>(
  () => ({ current: 0, limit: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.limit = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.limit) writer.uint32(16).uint64(toLong(message.limit));
  },
);

export interface CgroupV2CPUStat {
  usageUsec: number;
  userUsec: number;
  systemUsec: number;
  nrPeriods: number;
  nrThrottled: number;
  throttledUsec: number;
  psi: CgroupV2PSIStats | null;
  nrBursts: number;
  burstUsec: number;
}
export declare namespace CgroupV2CPUStat {
  interface Properties {
    usageUsec?: number | bigint;
    userUsec?: number | bigint;
    systemUsec?: number | bigint;
    nrPeriods?: number | bigint;
    nrThrottled?: number | bigint;
    throttledUsec?: number | bigint;
    psi?: CgroupV2PSIStats.Properties | null;
    nrBursts?: number | bigint;
    burstUsec?: number | bigint;
  }
}
export const CgroupV2CPUStat = /* @__PURE__ */ messageType<
  CgroupV2CPUStat,
  CgroupV2CPUStat.Properties
>(
  () => ({
    usageUsec: 0,
    userUsec: 0,
    systemUsec: 0,
    nrPeriods: 0,
    nrThrottled: 0,
    throttledUsec: 0,
    psi: null,
    nrBursts: 0,
    burstUsec: 0,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.usageUsec = Number(reader.uint64());
    else if (tag === 16) message.userUsec = Number(reader.uint64());
    else if (tag === 24) message.systemUsec = Number(reader.uint64());
    else if (tag === 32) message.nrPeriods = Number(reader.uint64());
    else if (tag === 40) message.nrThrottled = Number(reader.uint64());
    else if (tag === 48) message.throttledUsec = Number(reader.uint64());
    else if (tag === 58) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
    else if (tag === 64) message.nrBursts = Number(reader.uint64());
    else if (tag === 72) message.burstUsec = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.usageUsec) writer.uint32(8).uint64(toLong(message.usageUsec));
    if (message.userUsec) writer.uint32(16).uint64(toLong(message.userUsec));
    if (message.systemUsec) writer.uint32(24).uint64(toLong(message.systemUsec));
    if (message.nrPeriods) writer.uint32(32).uint64(toLong(message.nrPeriods));
    if (message.nrThrottled) writer.uint32(40).uint64(toLong(message.nrThrottled));
    if (message.throttledUsec) writer.uint32(48).uint64(toLong(message.throttledUsec));
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(58).fork()).ldelim();
    if (message.nrBursts) writer.uint32(64).uint64(toLong(message.nrBursts));
    if (message.burstUsec) writer.uint32(72).uint64(toLong(message.burstUsec));
  },
);

export interface CgroupV2MemoryStat {
  anon: number;
  file: number;
  kernelStack: number;
  slab: number;
  sock: number;
  shmem: number;
  fileMapped: number;
  fileDirty: number;
  fileWriteback: number;
  anonThp: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  slabReclaimable: number;
  slabUnreclaimable: number;
  pgfault: number;
  pgmajfault: number;
  workingsetRefault: number;
  workingsetActivate: number;
  workingsetNodereclaim: number;
  pgrefill: number;
  pgscan: number;
  pgsteal: number;
  pgactivate: number;
  pgdeactivate: number;
  pglazyfree: number;
  pglazyfreed: number;
  thpFaultAlloc: number;
  thpCollapseAlloc: number;
  usage: number;
  usageLimit: number;
  swapUsage: number;
  swapLimit: number;
  maxUsage: number;
  swapMaxUsage: number;
  psi: CgroupV2PSIStats | null;
  workingsetRefaultAnon: number;
  workingsetRefaultFile: number;
  workingsetActivateAnon: number;
  workingsetActivateFile: number;
}
export declare namespace CgroupV2MemoryStat {
  interface Properties {
    anon?: number | bigint;
    file?: number | bigint;
    kernelStack?: number | bigint;
    slab?: number | bigint;
    sock?: number | bigint;
    shmem?: number | bigint;
    fileMapped?: number | bigint;
    fileDirty?: number | bigint;
    fileWriteback?: number | bigint;
    anonThp?: number | bigint;
    inactiveAnon?: number | bigint;
    activeAnon?: number | bigint;
    inactiveFile?: number | bigint;
    activeFile?: number | bigint;
    unevictable?: number | bigint;
    slabReclaimable?: number | bigint;
    slabUnreclaimable?: number | bigint;
    pgfault?: number | bigint;
    pgmajfault?: number | bigint;
    workingsetRefault?: number | bigint;
    workingsetActivate?: number | bigint;
    workingsetNodereclaim?: number | bigint;
    pgrefill?: number | bigint;
    pgscan?: number | bigint;
    pgsteal?: number | bigint;
    pgactivate?: number | bigint;
    pgdeactivate?: number | bigint;
    pglazyfree?: number | bigint;
    pglazyfreed?: number | bigint;
    thpFaultAlloc?: number | bigint;
    thpCollapseAlloc?: number | bigint;
    usage?: number | bigint;
    usageLimit?: number | bigint;
    swapUsage?: number | bigint;
    swapLimit?: number | bigint;
    maxUsage?: number | bigint;
    swapMaxUsage?: number | bigint;
    psi?: CgroupV2PSIStats.Properties | null;
    workingsetRefaultAnon?: number | bigint;
    workingsetRefaultFile?: number | bigint;
    workingsetActivateAnon?: number | bigint;
    workingsetActivateFile?: number | bigint;
  }
}
export const CgroupV2MemoryStat = /* @__PURE__ */ messageType<
  CgroupV2MemoryStat,
  CgroupV2MemoryStat.Properties
>(
  () => ({
    anon: 0,
    file: 0,
    kernelStack: 0,
    slab: 0,
    sock: 0,
    shmem: 0,
    fileMapped: 0,
    fileDirty: 0,
    fileWriteback: 0,
    anonThp: 0,
    inactiveAnon: 0,
    activeAnon: 0,
    inactiveFile: 0,
    activeFile: 0,
    unevictable: 0,
    slabReclaimable: 0,
    slabUnreclaimable: 0,
    pgfault: 0,
    pgmajfault: 0,
    workingsetRefault: 0,
    workingsetActivate: 0,
    workingsetNodereclaim: 0,
    pgrefill: 0,
    pgscan: 0,
    pgsteal: 0,
    pgactivate: 0,
    pgdeactivate: 0,
    pglazyfree: 0,
    pglazyfreed: 0,
    thpFaultAlloc: 0,
    thpCollapseAlloc: 0,
    usage: 0,
    usageLimit: 0,
    swapUsage: 0,
    swapLimit: 0,
    maxUsage: 0,
    swapMaxUsage: 0,
    psi: null,
    workingsetRefaultAnon: 0,
    workingsetRefaultFile: 0,
    workingsetActivateAnon: 0,
    workingsetActivateFile: 0,
  }),
  (message, tag, reader) => {
    if (tag === 8) message.anon = Number(reader.uint64());
    else if (tag === 16) message.file = Number(reader.uint64());
    else if (tag === 24) message.kernelStack = Number(reader.uint64());
    else if (tag === 32) message.slab = Number(reader.uint64());
    else if (tag === 40) message.sock = Number(reader.uint64());
    else if (tag === 48) message.shmem = Number(reader.uint64());
    else if (tag === 56) message.fileMapped = Number(reader.uint64());
    else if (tag === 64) message.fileDirty = Number(reader.uint64());
    else if (tag === 72) message.fileWriteback = Number(reader.uint64());
    else if (tag === 80) message.anonThp = Number(reader.uint64());
    else if (tag === 88) message.inactiveAnon = Number(reader.uint64());
    else if (tag === 96) message.activeAnon = Number(reader.uint64());
    else if (tag === 104) message.inactiveFile = Number(reader.uint64());
    else if (tag === 112) message.activeFile = Number(reader.uint64());
    else if (tag === 120) message.unevictable = Number(reader.uint64());
    else if (tag === 128) message.slabReclaimable = Number(reader.uint64());
    else if (tag === 136) message.slabUnreclaimable = Number(reader.uint64());
    else if (tag === 144) message.pgfault = Number(reader.uint64());
    else if (tag === 152) message.pgmajfault = Number(reader.uint64());
    else if (tag === 160) message.workingsetRefault = Number(reader.uint64());
    else if (tag === 168) message.workingsetActivate = Number(reader.uint64());
    else if (tag === 176) message.workingsetNodereclaim = Number(reader.uint64());
    else if (tag === 184) message.pgrefill = Number(reader.uint64());
    else if (tag === 192) message.pgscan = Number(reader.uint64());
    else if (tag === 200) message.pgsteal = Number(reader.uint64());
    else if (tag === 208) message.pgactivate = Number(reader.uint64());
    else if (tag === 216) message.pgdeactivate = Number(reader.uint64());
    else if (tag === 224) message.pglazyfree = Number(reader.uint64());
    else if (tag === 232) message.pglazyfreed = Number(reader.uint64());
    else if (tag === 240) message.thpFaultAlloc = Number(reader.uint64());
    else if (tag === 248) message.thpCollapseAlloc = Number(reader.uint64());
    else if (tag === 256) message.usage = Number(reader.uint64());
    else if (tag === 264) message.usageLimit = Number(reader.uint64());
    else if (tag === 272) message.swapUsage = Number(reader.uint64());
    else if (tag === 280) message.swapLimit = Number(reader.uint64());
    else if (tag === 288) message.maxUsage = Number(reader.uint64());
    else if (tag === 296) message.swapMaxUsage = Number(reader.uint64());
    else if (tag === 306) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
    else if (tag === 312) message.workingsetRefaultAnon = Number(reader.uint64());
    else if (tag === 320) message.workingsetRefaultFile = Number(reader.uint64());
    else if (tag === 328) message.workingsetActivateAnon = Number(reader.uint64());
    else if (tag === 336) message.workingsetActivateFile = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.anon) writer.uint32(8).uint64(toLong(message.anon));
    if (message.file) writer.uint32(16).uint64(toLong(message.file));
    if (message.kernelStack) writer.uint32(24).uint64(toLong(message.kernelStack));
    if (message.slab) writer.uint32(32).uint64(toLong(message.slab));
    if (message.sock) writer.uint32(40).uint64(toLong(message.sock));
    if (message.shmem) writer.uint32(48).uint64(toLong(message.shmem));
    if (message.fileMapped) writer.uint32(56).uint64(toLong(message.fileMapped));
    if (message.fileDirty) writer.uint32(64).uint64(toLong(message.fileDirty));
    if (message.fileWriteback) writer.uint32(72).uint64(toLong(message.fileWriteback));
    if (message.anonThp) writer.uint32(80).uint64(toLong(message.anonThp));
    if (message.inactiveAnon) writer.uint32(88).uint64(toLong(message.inactiveAnon));
    if (message.activeAnon) writer.uint32(96).uint64(toLong(message.activeAnon));
    if (message.inactiveFile) writer.uint32(104).uint64(toLong(message.inactiveFile));
    if (message.activeFile) writer.uint32(112).uint64(toLong(message.activeFile));
    if (message.unevictable) writer.uint32(120).uint64(toLong(message.unevictable));
    if (message.slabReclaimable) writer.uint32(128).uint64(toLong(message.slabReclaimable));
    if (message.slabUnreclaimable) writer.uint32(136).uint64(toLong(message.slabUnreclaimable));
    if (message.pgfault) writer.uint32(144).uint64(toLong(message.pgfault));
    if (message.pgmajfault) writer.uint32(152).uint64(toLong(message.pgmajfault));
    if (message.workingsetRefault) writer.uint32(160).uint64(toLong(message.workingsetRefault));
    if (message.workingsetActivate) writer.uint32(168).uint64(toLong(message.workingsetActivate));
    if (message.workingsetNodereclaim) {
      writer.uint32(176).uint64(toLong(message.workingsetNodereclaim));
    }
    if (message.pgrefill) writer.uint32(184).uint64(toLong(message.pgrefill));
    if (message.pgscan) writer.uint32(192).uint64(toLong(message.pgscan));
    if (message.pgsteal) writer.uint32(200).uint64(toLong(message.pgsteal));
    if (message.pgactivate) writer.uint32(208).uint64(toLong(message.pgactivate));
    if (message.pgdeactivate) writer.uint32(216).uint64(toLong(message.pgdeactivate));
    if (message.pglazyfree) writer.uint32(224).uint64(toLong(message.pglazyfree));
    if (message.pglazyfreed) writer.uint32(232).uint64(toLong(message.pglazyfreed));
    if (message.thpFaultAlloc) writer.uint32(240).uint64(toLong(message.thpFaultAlloc));
    if (message.thpCollapseAlloc) writer.uint32(248).uint64(toLong(message.thpCollapseAlloc));
    if (message.usage) writer.uint32(256).uint64(toLong(message.usage));
    if (message.usageLimit) writer.uint32(264).uint64(toLong(message.usageLimit));
    if (message.swapUsage) writer.uint32(272).uint64(toLong(message.swapUsage));
    if (message.swapLimit) writer.uint32(280).uint64(toLong(message.swapLimit));
    if (message.maxUsage) writer.uint32(288).uint64(toLong(message.maxUsage));
    if (message.swapMaxUsage) writer.uint32(296).uint64(toLong(message.swapMaxUsage));
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(306).fork()).ldelim();
    if (message.workingsetRefaultAnon) {
      writer.uint32(312).uint64(toLong(message.workingsetRefaultAnon));
    }
    if (message.workingsetRefaultFile) {
      writer.uint32(320).uint64(toLong(message.workingsetRefaultFile));
    }
    if (message.workingsetActivateAnon) {
      writer.uint32(328).uint64(toLong(message.workingsetActivateAnon));
    }
    if (message.workingsetActivateFile) {
      writer.uint32(336).uint64(toLong(message.workingsetActivateFile));
    }
  },
);

export interface CgroupV2RdmaStat {
  current: CgroupV2RdmaEntry[];
  limit: CgroupV2RdmaEntry[];
}
export declare namespace CgroupV2RdmaStat {
  interface Properties {
    current?: readonly CgroupV2RdmaEntry.Properties[];
    limit?: readonly CgroupV2RdmaEntry.Properties[];
  }
}
export const CgroupV2RdmaStat = /* @__PURE__ */ messageType<
  CgroupV2RdmaStat,
  CgroupV2RdmaStat.Properties
>(
  () => ({ current: [], limit: [] }),
  (message, tag, reader) => {
    if (tag === 10) message.current.push(CgroupV2RdmaEntry.decode(reader.bytes()));
    else if (tag === 18) message.limit.push(CgroupV2RdmaEntry.decode(reader.bytes()));
  },
  (message, writer) => {
    for (const item of message.current ?? []) {
      CgroupV2RdmaEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    for (const item of message.limit ?? []) {
      CgroupV2RdmaEntry.encode(item, writer.uint32(18).fork()).ldelim();
    }
  },
);

export interface CgroupV2RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export declare namespace CgroupV2RdmaEntry {
  type Properties = Partial<CgroupV2RdmaEntry>;
}
export const CgroupV2RdmaEntry = /* @__PURE__ */ messageType<
  CgroupV2RdmaEntry,
  CgroupV2RdmaEntry.Properties
>(
  () => ({ device: "", hcaHandles: 0, hcaObjects: 0 }),
  (message, tag, reader) => {
    if (tag === 10) message.device = reader.stringVerify();
    else if (tag === 16) message.hcaHandles = reader.uint32();
    else if (tag === 24) message.hcaObjects = reader.uint32();
  },
  (message, writer) => {
    if (message.device) writer.uint32(10).string(message.device);
    if (message.hcaHandles) writer.uint32(16).uint32(message.hcaHandles);
    if (message.hcaObjects) writer.uint32(24).uint32(message.hcaObjects);
  },
);

export interface CgroupV2IOStat {
  usage: CgroupV2IOEntry[];
  psi: CgroupV2PSIStats | null;
}
export declare namespace CgroupV2IOStat {
  interface Properties {
    usage?: readonly CgroupV2IOEntry.Properties[];
    psi?: CgroupV2PSIStats.Properties | null;
  }
}
export const CgroupV2IOStat = /* @__PURE__ */ messageType<
  CgroupV2IOStat,
  CgroupV2IOStat.Properties
>(
  () => ({ usage: [], psi: null }),
  (message, tag, reader) => {
    if (tag === 10) message.usage.push(CgroupV2IOEntry.decode(reader.bytes()));
    else if (tag === 18) message.psi = CgroupV2PSIStats.decode(reader.bytes(), message.psi);
  },
  (message, writer) => {
    for (const item of message.usage ?? []) {
      CgroupV2IOEntry.encode(item, writer.uint32(10).fork()).ldelim();
    }
    if (message.psi) CgroupV2PSIStats.encode(message.psi, writer.uint32(18).fork()).ldelim();
  },
);

export interface CgroupV2IOEntry {
  major: number;
  minor: number;
  rbytes: number;
  wbytes: number;
  rios: number;
  wios: number;
}
export declare namespace CgroupV2IOEntry {
  interface Properties {
    major?: number | bigint;
    minor?: number | bigint;
    rbytes?: number | bigint;
    wbytes?: number | bigint;
    rios?: number | bigint;
    wios?: number | bigint;
  }
}
export const CgroupV2IOEntry = /* @__PURE__ */ messageType<
  CgroupV2IOEntry,
  CgroupV2IOEntry.Properties
>(
  () => ({ major: 0, minor: 0, rbytes: 0, wbytes: 0, rios: 0, wios: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.major = Number(reader.uint64());
    else if (tag === 16) message.minor = Number(reader.uint64());
    else if (tag === 24) message.rbytes = Number(reader.uint64());
    else if (tag === 32) message.wbytes = Number(reader.uint64());
    else if (tag === 40) message.rios = Number(reader.uint64());
    else if (tag === 48) message.wios = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.major) writer.uint32(8).uint64(toLong(message.major));
    if (message.minor) writer.uint32(16).uint64(toLong(message.minor));
    if (message.rbytes) writer.uint32(24).uint64(toLong(message.rbytes));
    if (message.wbytes) writer.uint32(32).uint64(toLong(message.wbytes));
    if (message.rios) writer.uint32(40).uint64(toLong(message.rios));
    if (message.wios) writer.uint32(48).uint64(toLong(message.wios));
  },
);

export interface CgroupV2HugeTlbStat {
  current: number;
  max: number;
  pagesize: string;
  failcnt: number;
}
export declare namespace CgroupV2HugeTlbStat {
  interface Properties extends Partial<Omit<CgroupV2HugeTlbStat, "current" | "max" | "failcnt">> {
    current?: number | bigint;
    max?: number | bigint;
    failcnt?: number | bigint;
  }
}
export const CgroupV2HugeTlbStat = /* @__PURE__ */ messageType<
  CgroupV2HugeTlbStat,
  CgroupV2HugeTlbStat.Properties
>(
  () => ({ current: 0, max: 0, pagesize: "", failcnt: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.current = Number(reader.uint64());
    else if (tag === 16) message.max = Number(reader.uint64());
    else if (tag === 26) message.pagesize = reader.stringVerify();
    else if (tag === 32) message.failcnt = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.current) writer.uint32(8).uint64(toLong(message.current));
    if (message.max) writer.uint32(16).uint64(toLong(message.max));
    if (message.pagesize) writer.uint32(26).string(message.pagesize);
    if (message.failcnt) writer.uint32(32).uint64(toLong(message.failcnt));
  },
);

export interface CgroupV2MemoryEvents {
  low: number;
  high: number;
  max: number;
  oom: number;
  oomKill: number;
  oomGroupKill: number;
}
export declare namespace CgroupV2MemoryEvents {
  interface Properties {
    low?: number | bigint;
    high?: number | bigint;
    max?: number | bigint;
    oom?: number | bigint;
    oomKill?: number | bigint;
    oomGroupKill?: number | bigint;
  }
}
export const CgroupV2MemoryEvents = /* @__PURE__ */ messageType<
  CgroupV2MemoryEvents,
  CgroupV2MemoryEvents.Properties
>(
  () => ({ low: 0, high: 0, max: 0, oom: 0, oomKill: 0, oomGroupKill: 0 }),
  (message, tag, reader) => {
    if (tag === 8) message.low = Number(reader.uint64());
    else if (tag === 16) message.high = Number(reader.uint64());
    else if (tag === 24) message.max = Number(reader.uint64());
    else if (tag === 32) message.oom = Number(reader.uint64());
    else if (tag === 40) message.oomKill = Number(reader.uint64());
    else if (tag === 48) message.oomGroupKill = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.low) writer.uint32(8).uint64(toLong(message.low));
    if (message.high) writer.uint32(16).uint64(toLong(message.high));
    if (message.max) writer.uint32(24).uint64(toLong(message.max));
    if (message.oom) writer.uint32(32).uint64(toLong(message.oom));
    if (message.oomKill) writer.uint32(40).uint64(toLong(message.oomKill));
    if (message.oomGroupKill) writer.uint32(48).uint64(toLong(message.oomGroupKill));
  },
);

export interface CgroupV2PSIStats {
  some: CgroupV2PSIData | null;
  full: CgroupV2PSIData | null;
}
export declare namespace CgroupV2PSIStats {
  interface Properties {
    some?: CgroupV2PSIData.Properties | null;
    full?: CgroupV2PSIData.Properties | null;
  }
}
export const CgroupV2PSIStats = /* @__PURE__ */ messageType<
  CgroupV2PSIStats,
  CgroupV2PSIStats.Properties
>(
  () => ({ some: null, full: null }),
  (message, tag, reader) => {
    if (tag === 10) message.some = CgroupV2PSIData.decode(reader.bytes(), message.some);
    else if (tag === 18) message.full = CgroupV2PSIData.decode(reader.bytes(), message.full);
  },
  (message, writer) => {
    if (message.some) CgroupV2PSIData.encode(message.some, writer.uint32(10).fork()).ldelim();
    if (message.full) CgroupV2PSIData.encode(message.full, writer.uint32(18).fork()).ldelim();
  },
);

export interface CgroupV2PSIData {
  avg10: number;
  avg60: number;
  avg300: number;
  total: number;
}
export declare namespace CgroupV2PSIData {
  interface Properties extends Partial<Omit<CgroupV2PSIData, "total">> {
    total?: number | bigint;
  }
}
export const CgroupV2PSIData = /* @__PURE__ */ messageType<
  CgroupV2PSIData,
  CgroupV2PSIData.Properties
>(
  () => ({ avg10: 0, avg60: 0, avg300: 0, total: 0 }),
  (message, tag, reader) => {
    if (tag === 9) message.avg10 = reader.double();
    else if (tag === 17) message.avg60 = reader.double();
    else if (tag === 25) message.avg300 = reader.double();
    else if (tag === 32) message.total = Number(reader.uint64());
  },
  (message, writer) => {
    if (message.avg10 != null && !Object.is(message.avg10, 0)) {
      writer.uint32(9).double(message.avg10);
    }
    if (message.avg60 != null && !Object.is(message.avg60, 0)) {
      writer.uint32(17).double(message.avg60);
    }
    if (message.avg300 != null && !Object.is(message.avg300, 0)) {
      writer.uint32(25).double(message.avg300);
    }
    if (message.total) writer.uint32(32).uint64(toLong(message.total));
  },
);
