import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { CgroupV1Metrics, CgroupV2Metrics } from "../../../../proto/metrics/mod.ts";
import type { Any } from "../../../../proto/mod.ts";
import { CgroupFolders, parseCgroupFolders } from "../../../../runc/cgroup/folders.ts";
import { hugePageSizes } from "../../../../runc/cgroup/huge_pages.ts";
import { parseNestedKeyed, parseNumber } from "../../../../runc/cgroup/stat_files.ts";
import { readStats } from "../../../../runc/cgroup/stats.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Calls `body` with a folder that has these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lines `key value` whose values are `first` and so on upwards. */
function counting(first: number, keys: string): string {
  return keys.trim().split(/\s+/).map((key, index) => `${key} ${first + index}\n`).join("");
}

/** The values that {@linkcode counting} gives, by the names of the fields. */
function counted(first: number, fields: string): Record<string, number> {
  const entries = fields.trim().split(/\s+/).map((field, index) => [field, first + index]);
  return Object.fromEntries(entries);
}

const CONTROLLERS = ["blkio", "cpu", "cpuacct", "memory", "pids", "rdma"];

/** The cgroup of version 1 that has a folder for each controller in `folder`. */
function version1(folder: string, controllers = CONTROLLERS): CgroupFolders {
  return new CgroupFolders(new Map(controllers.map((name) => [name, join(folder, name)])));
}

/** The cgroup of version 2 in `folder`. */
function version2(folder: string): CgroupFolders {
  return new CgroupFolders(new Map([["", folder]]));
}

/** That statistics are of version 1 and these: by their bytes, since decoded numbers are not exact. */
function assertV1({ typeUrl, value }: Any.Properties, expected: CgroupV1Metrics.Properties): void {
  assertEquals(typeUrl, "io.containerd.cgroups.v1.Metrics");
  const bytes = CgroupV1Metrics.encode(expected).finish();
  assertEquals(CgroupV1Metrics.decode(value!), CgroupV1Metrics.decode(bytes));
  assertEquals(value!.toHex(), bytes.toHex());
}

/** {@linkcode assertV1} for version 2. */
function assertV2({ typeUrl, value }: Any.Properties, expected: CgroupV2Metrics.Properties): void {
  assertEquals(typeUrl, "io.containerd.cgroups.v2.Metrics");
  const bytes = CgroupV2Metrics.encode(expected).finish();
  assertEquals(CgroupV2Metrics.decode(value!), CgroupV2Metrics.decode(bytes));
  assertEquals(value!.toHex(), bytes.toHex());
}

const ALL = 18446744073709551615n;
const V1_NO_LIMIT = 9223372036854771712n;

const V1_MEMORY_STAT = counting(
  100,
  `cache rss rss_huge shmem mapped_file dirty writeback workingset_refault_anon
  workingset_refault_file swap swapcached pgpgin pgpgout pgfault pgmajfault inactive_anon active_anon inactive_file active_file
  unevictable`,
) + `hierarchical_memory_limit 67108864\nhierarchical_memsw_limit ${V1_NO_LIMIT}\n` +
  counting(
    200,
    `total_cache total_rss total_rss_huge total_shmem total_mapped_file total_dirty total_writeback
  total_workingset_refault_anon total_workingset_refault_file total_swap total_swapcached total_pgpgin total_pgpgout total_pgfault
  total_pgmajfault total_inactive_anon total_active_anon total_inactive_file total_active_file total_unevictable`,
  );

/** The files of a container, as Linux 6 shows them in a hybrid layout. */
const V1_FILES = {
  "pids/pids.current": "3\n",
  "pids/pids.max": "20\n",
  "cpuacct/cpuacct.stat": "user 123\nsystem 45\n",
  "cpuacct/cpuacct.usage": "1693215844\n",
  "cpuacct/cpuacct.usage_percpu": `469791348 0 ${ALL} 545474083 \n`,
  "cpu/cpu.stat": counting(1, "nr_periods nr_throttled throttled_time nr_bursts burst_time"),
  "memory/memory.stat": V1_MEMORY_STAT,
  "memory/memory.oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 2\n",
  "memory/memory.usage_in_bytes": "4505600\n",
  "memory/memory.max_usage_in_bytes": "6356992\n",
  "memory/memory.failcnt": "7\n",
  "memory/memory.limit_in_bytes": "67108864\n",
  "memory/memory.memsw.usage_in_bytes": "4505601\n",
  "memory/memory.memsw.max_usage_in_bytes": "6356993\n",
  "memory/memory.memsw.failcnt": "8\n",
  "memory/memory.memsw.limit_in_bytes": `${V1_NO_LIMIT}\n`,
  "memory/memory.kmem.usage_in_bytes": "262144\n",
  "memory/memory.kmem.max_usage_in_bytes": "598016\n",
  "memory/memory.kmem.failcnt": "9\n",
  "memory/memory.kmem.limit_in_bytes": `${V1_NO_LIMIT}\n`,
  "memory/memory.kmem.tcp.usage_in_bytes": "1\n",
  "memory/memory.kmem.tcp.max_usage_in_bytes": "2\n",
  "memory/memory.kmem.tcp.failcnt": "3\n",
  "memory/memory.kmem.tcp.limit_in_bytes": `${V1_NO_LIMIT}\n`,
  "blkio/blkio.throttle.io_service_bytes": "999:1 Read 4096\n999:1 Write 0\n" +
    "999:1 Total 4096\nTotal 4096\n",
  "blkio/blkio.throttle.io_serviced": "999:1 Read 1\nTotal 1\n",
  "rdma/rdma.current": "mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3 hca_object=0\n",
  "rdma/rdma.max": "mlx4_0 hca_handle=2 hca_object=max\nocrdma1 hca_handle=3 hca_object=max\n",
};

const V1_BLKIO = {
  ioServiceBytesRecursive: [
    { op: "Read", major: 999, minor: 1, value: 4096 },
    { op: "Write", major: 999, minor: 1, value: 0 },
    { op: "Total", major: 999, minor: 1, value: 4096 },
  ],
  ioServicedRecursive: [{ op: "Read", major: 999, minor: 1, value: 1 }],
};

const V1_METRICS: CgroupV1Metrics.Properties = {
  pids: { current: 3, limit: 20 },
  cpu: {
    usage: {
      total: 1693215844,
      kernel: 450_000_000,
      user: 1_230_000_000,
      perCpu: [469791348, 0, ALL, 545474083],
    },
    throttling: { periods: 1, throttledPeriods: 2, throttledTime: 3 },
  },
  memory: {
    cache: 100,
    rss: 101,
    rssHuge: 102,
    mappedFile: 104,
    dirty: 105,
    writeback: 106,
    pgPgIn: 111,
    pgPgOut: 112,
    pgFault: 113,
    pgMajFault: 114,
    inactiveAnon: 115,
    activeAnon: 116,
    inactiveFile: 117,
    activeFile: 118,
    unevictable: 119,
    hierarchicalMemoryLimit: 67108864,
    hierarchicalSwapLimit: V1_NO_LIMIT,
    totalCache: 200,
    totalRss: 201,
    totalRssHuge: 202,
    totalMappedFile: 204,
    totalDirty: 205,
    totalWriteback: 206,
    totalPgPgIn: 211,
    totalPgPgOut: 212,
    totalPgFault: 213,
    totalPgMajFault: 214,
    totalInactiveAnon: 215,
    totalActiveAnon: 216,
    totalInactiveFile: 217,
    totalActiveFile: 218,
    totalUnevictable: 219,
    usage: { limit: 67108864, usage: 4505600, max: 6356992, failcnt: 7 },
    swap: { limit: V1_NO_LIMIT, usage: 4505601, max: 6356993, failcnt: 8 },
    kernel: { limit: V1_NO_LIMIT, usage: 262144, max: 598016, failcnt: 9 },
    kernelTcp: { limit: V1_NO_LIMIT, usage: 1, max: 2, failcnt: 3 },
  },
  blkio: V1_BLKIO,
  rdma: {
    current: [
      { device: "mlx4_0", hcaHandles: 2, hcaObjects: 2000 },
      { device: "ocrdma1", hcaHandles: 3, hcaObjects: 0 },
    ],
    limit: [
      { device: "mlx4_0", hcaHandles: 2, hcaObjects: 4294967295 },
      { device: "ocrdma1", hcaHandles: 3, hcaObjects: 4294967295 },
    ],
  },
  memoryOomControl: { oomKillDisable: 1, underOom: 0, oomKill: 2 },
};

Deno.test("cgroup v1: each field has the value of its file, exact to the last bit", async () => {
  await withFiles(V1_FILES, (folder) => assertV1(readStats(version1(folder)), V1_METRICS));
});

Deno.test("cgroup v1: controllers that are not there are left out", async () => {
  await withFiles(V1_FILES, (folder) => {
    assertV1(readStats(version1(folder, [])), { cpu: { usage: {}, throttling: {} } });
    assertV1(readStats(version1(folder, ["cpu", "pids"])), {
      cpu: { usage: {}, throttling: V1_METRICS.cpu!.throttling },
      pids: V1_METRICS.pids,
    });
  });
});

Deno.test("cgroup v1: of a cgroup that is gone, with all its files, there is nothing and no error", async () => {
  await withFiles({}, (folder) => {
    assertV1(readStats(version1(folder)), { cpu: { usage: {}, throttling: {} }, blkio: {} });
  });
});

Deno.test("cgroup v1: without accounting of swap there is no swap, and the rest is", async () => {
  const files = Object.entries(V1_FILES).filter(([name]) => !name.includes("memsw"));
  await withFiles(Object.fromEntries(files), (folder) => {
    const memory = { ...V1_METRICS.memory, swap: {} };
    assertV1(readStats(version1(folder)), { ...V1_METRICS, memory });
  });
});

Deno.test("cgroup v1: no limit of pids is 0, and a counter that is negative for a moment too", async () => {
  const files = {
    ...V1_FILES,
    "pids/pids.max": "max\n",
    "memory/memory.kmem.usage_in_bytes": "-4096\n",
  };
  await withFiles(files, (folder) => {
    const kernel = { ...V1_METRICS.memory!.kernel, usage: 0 };
    assertV1(readStats(version1(folder)), {
      ...V1_METRICS,
      pids: { current: 3 },
      memory: { ...V1_METRICS.memory, kernel },
    });
  });
});

Deno.test("cgroup v1: with the scheduler CFQ its files count, and where they are empty the others", async () => {
  const cfq = {
    ...V1_FILES,
    "blkio/blkio.io_service_bytes_recursive": "999:1 Read 1\nTotal 1\n",
    "blkio/blkio.io_serviced_recursive": "999:1 Read 2\nTotal 2\n",
    "blkio/blkio.io_queued_recursive": "999:1 Read 3\nTotal 3\n",
    "blkio/blkio.io_service_time_recursive": "999:1 Read 4\nTotal 4\n",
    "blkio/blkio.io_wait_time_recursive": "999:1 Read 5\nTotal 5\n",
    "blkio/blkio.io_merged_recursive": "999:1 Read 6\nTotal 6\n",
    "blkio/blkio.time_recursive": "999:1 7\n",
    "blkio/blkio.sectors_recursive": "999:1 8\n",
  };
  const entry = (value: number, op = "Read") => [{ op, major: 999, minor: 1, value }];
  await withFiles(cfq, (folder) => {
    const blkio = {
      ioServiceBytesRecursive: entry(1),
      ioServicedRecursive: entry(2),
      ioQueuedRecursive: entry(3),
      ioServiceTimeRecursive: entry(4),
      ioWaitTimeRecursive: entry(5),
      ioMergedRecursive: entry(6),
      ioTimeRecursive: entry(7, ""),
      sectorsRecursive: entry(8, ""),
    };
    assertV1(readStats(version1(folder)), { ...V1_METRICS, blkio });
  });
  const empty = {
    ...V1_FILES,
    "blkio/blkio.io_service_bytes_recursive": "Total 0\n",
    "blkio/blkio.io_serviced_recursive": "Total 0\n",
  };
  await withFiles(empty, (folder) => assertV1(readStats(version1(folder)), V1_METRICS));
});

Deno.test("cgroup v1: devices have the names that /proc/partitions gives them", async () => {
  const partitions = Deno.readTextFileSync("/proc/partitions");
  const entries = [...partitions.matchAll(/(\d+) +(\d+) +\d+ +(\S+)\n/g)].map(
    ([, major, minor, name]) => ({
      ...{ op: "Sync", device: `/dev/${name}`, value: ALL },
      ...{ major: Number(major), minor: Number(minor) },
    }),
  );
  const lines = entries.map(({ major, minor }) => `${major}:${minor} Sync ${ALL}\n`);
  const file = "blkio/blkio.throttle.io_service_bytes";
  await withFiles({ [file]: lines.join("") }, (folder) => {
    assertV1(readStats(version1(folder, ["blkio"])), {
      cpu: { usage: {}, throttling: {} },
      blkio: { ioServiceBytesRecursive: entries },
    });
  });
});

const V2_MEMORY_STAT = counting(
  100,
  `anon file kernel kernel_stack pagetables sec_pagetables percpu sock vmalloc shmem zswap
  zswapped file_mapped file_dirty file_writeback swapcached anon_thp file_thp shmem_thp inactive_anon active_anon inactive_file
  active_file unevictable slab_reclaimable slab_unreclaimable slab workingset_refault_anon workingset_refault_file
  workingset_activate_anon workingset_activate_file workingset_restore_anon workingset_restore_file workingset_nodereclaim
  pgscan pgsteal pgscan_kswapd pgscan_direct pgscan_khugepaged pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgfault
  pgmajfault pgrefill pgactivate pgdeactivate pglazyfree pglazyfreed zswpin zswpout thp_fault_alloc thp_collapse_alloc`,
);

/** The files of a container, as Linux 6 shows them. */
const V2_FILES = {
  "pids.current": "3\n",
  "pids.max": "max\n",
  "cpu.stat": counting(
    1,
    `usage_usec user_usec system_usec nr_periods nr_throttled throttled_usec nr_bursts burst_usec`,
  ),
  "cpu.pressure": "some avg10=1.53 avg60=0.87 avg300=100.00 total=58761459\n" +
    "full avg10=0.00 avg60=0.01 avg300=0.00 total=58761460\n",
  "memory.stat": V2_MEMORY_STAT,
  "memory.current": "4505600\n",
  "memory.max": "67108864\n",
  "memory.peak": "6356992\n",
  "memory.swap.current": "0\n",
  "memory.swap.max": "max\n",
  "memory.swap.peak": `${ALL}\n`,
  "memory.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" +
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
  "memory.events": counting(1, "low high max oom oom_kill oom_group_kill"),
  "io.stat": "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n" +
    "8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n",
  // Linux before 5.13 had no line `full` for some.
  "io.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
  "rdma.current": "mlx4_0 hca_handle=2 hca_object=2000\n",
  "rdma.max": "mlx4_0 hca_handle=max hca_object=2000\n",
};

const V2_IO_USAGE = [
  { major: 8, minor: 16, rbytes: 1459200, wbytes: 314773504, rios: 192, wios: 353 },
  { major: 8, minor: 0, rbytes: 90430464, wbytes: 299008000, rios: 8950, wios: 1252 },
];

const V2_METRICS: CgroupV2Metrics.Properties = {
  pids: { current: 3, limit: ALL },
  cpu: {
    ...counted(
      1,
      "usageUsec userUsec systemUsec nrPeriods nrThrottled throttledUsec nrBursts burstUsec",
    ),
    psi: {
      some: { avg10: 1.53, avg60: 0.87, avg300: 100, total: 58761459 },
      full: { avg60: 0.01, total: 58761460 },
    },
  },
  memory: {
    anon: 100,
    file: 101,
    kernelStack: 103,
    slab: 126,
    sock: 107,
    shmem: 109,
    fileMapped: 112,
    fileDirty: 113,
    fileWriteback: 114,
    anonThp: 116,
    inactiveAnon: 119,
    activeAnon: 120,
    inactiveFile: 121,
    activeFile: 122,
    unevictable: 123,
    slabReclaimable: 124,
    slabUnreclaimable: 125,
    pgfault: 142,
    pgmajfault: 143,
    workingsetNodereclaim: 133,
    pgrefill: 144,
    pgscan: 134,
    pgsteal: 135,
    pgactivate: 145,
    pgdeactivate: 146,
    pglazyfree: 147,
    pglazyfreed: 148,
    thpFaultAlloc: 151,
    thpCollapseAlloc: 152,
    usage: 4505600,
    usageLimit: 67108864,
    swapUsage: 0,
    swapLimit: ALL,
    maxUsage: 6356992,
    swapMaxUsage: ALL,
    psi: { some: {}, full: {} },
    workingsetRefaultAnon: 127,
    workingsetRefaultFile: 128,
    workingsetActivateAnon: 129,
    workingsetActivateFile: 130,
  },
  rdma: {
    current: [{ device: "mlx4_0", hcaHandles: 2, hcaObjects: 2000 }],
    limit: [{ device: "mlx4_0", hcaHandles: 4294967295, hcaObjects: 2000 }],
  },
  io: { usage: V2_IO_USAGE, psi: { some: { total: 1 } } },
  memoryEvents: counted(1, "low high max oom oomKill oomGroupKill"),
};

Deno.test("cgroup v2: each field has the value of its file, exact to the last bit", async () => {
  await withFiles(V2_FILES, (folder) => assertV2(readStats(version2(folder)), V2_METRICS));
});

Deno.test("cgroup v2: kernels before 5.9 do not tell pages of files from others", async () => {
  const files = { "memory.stat": "workingset_refault 20\nworkingset_activate 21\n" };
  await withFiles(files, (folder) => {
    const memory = { workingsetRefault: 20, workingsetActivate: 21 };
    assertV2(readStats(version2(folder)), { pids: {}, cpu: {}, memory, rdma: {}, io: {} });
  });
});

Deno.test("cgroup v2: of a cgroup that is gone, with all its files, there is nothing and no error", async () => {
  await withFiles({}, (folder) => {
    assertV2(readStats(version2(folder)), { pids: {}, cpu: {}, memory: {}, rdma: {}, io: {} });
  });
});

Deno.test("cgroup v2: devices without a number have no entry, alone on a line or before another one", async () => {
  const files = {
    ...V2_FILES,
    "io.stat": `7:7 7:6 ${V2_FILES["io.stat"].replace("\n", "\n7:5 \n")}254:0 \n`,
  };
  await withFiles(files, (folder) => assertV2(readStats(version2(folder)), V2_METRICS));
});

Deno.test("huge pages are read for each size that the kernel has", async () => {
  const sizes = hugePageSizes();
  const files = sizes.flatMap((size, index) => [
    [`hugetlb/hugetlb.${size}.usage_in_bytes`, `${index}\n`],
    [`hugetlb/hugetlb.${size}.max_usage_in_bytes`, `${ALL}\n`],
    [`hugetlb/hugetlb.${size}.failcnt`, "5\n"],
    [`v2/hugetlb.${size}.current`, `${index}\n`],
    [`v2/hugetlb.${size}.max`, "max\n"],
    [`v2/hugetlb.${size}.events`, "max 6\n"],
  ]);
  await withFiles(Object.fromEntries(files), (folder) => {
    assertV1(readStats(version1(folder, ["hugetlb"])), {
      hugetlb: sizes.map((pagesize, usage) => ({ usage, max: ALL, failcnt: 5, pagesize })),
      cpu: { usage: {}, throttling: {} },
    });
    assertV2(readStats(version2(join(folder, "v2"))), {
      ...{ pids: {}, cpu: {}, memory: {}, rdma: {}, io: {} },
      hugetlb: sizes.map((pagesize, current) => ({ current, max: ALL, failcnt: 6, pagesize })),
    });
  });
});

Deno.test("sizes of huge pages are named as the kernel names its files", () =>
  withFolder((folder) => {
    const names = {
      16: "16KB",
      64: "64KB",
      2048: "2MB",
      524288: "512MB",
      1048576: "1GB",
      16777216: "16GB",
    };
    for (const kilobytes of Object.keys(names)) {
      Deno.mkdirSync(join(folder, `hugepages-${kilobytes}kB`));
    }
    assertEquals(hugePageSizes(folder).toSorted(), Object.values(names).toSorted());
    assertEquals(hugePageSizes(join(folder, "nosuch")), []);
  }));

Deno.test("numbers take all 64 bits; what is none counts as 0", () => {
  assertEquals(parseNumber("18446744073709551615\n"), ALL);
  assertEquals(parseNumber("9223372036854771712"), V1_NO_LIMIT);
  assertEquals(parseNumber("max\n"), ALL);
  assertEquals(parseNumber("max", 0n), 0n);
  assertEquals(["-1", "", "0x10", "1.5"].map((text) => parseNumber(text)), [0n, 0n, 0n, 0n]);
});

Deno.test("nested keys are read from any number of lines", () => {
  assertEquals(parseNestedKeyed(""), []);
  assertEquals(parseNestedKeyed("a x=1\nb y=2 z=max\n"), [
    { name: "a", values: new Map([["x", "1"]]) },
    { name: "b", values: new Map([["y", "2"], ["z", "max"]]) },
  ]);
});

Deno.test("the folder of each controller is found, joined and mounted anywhere", () => {
  const mount = (mountPoint: string, controllers: string[], root = "/") => ({
    mountPoint: `/sys/fs/cgroup/${mountPoint}`,
    root,
    unified: false,
    controllers: ["rw", ...controllers],
  });
  const folders = parseCgroupFolders(
    "11:memory:/docker/abc/box\n4:cpu,cpuacct:/box\n3:pids:/docker/abcd\n2:rdma:/box\n" +
      "1:name=systemd:/a:b\n0::/box\n",
    [
      mount("memory", ["memory"], "/docker/abc"),
      mount("cpu,cpuacct", ["cpu", "cpuacct"]),
      mount("pids", ["pids"], "/docker/abc"),
      mount("systemd", ["name=systemd"]),
    ],
  );
  assertEquals(folders.controller("memory"), "/sys/fs/cgroup/memory/box");
  assertEquals(folders.controller("cpu"), "/sys/fs/cgroup/cpu,cpuacct/box");
  assertEquals(folders.controller("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/box");
  assertEquals(folders.controller("pids"), "/sys/fs/cgroup/pids/docker/abcd");
  assertEquals(folders.controller("name=systemd"), "/sys/fs/cgroup/systemd/a:b");
  assertEquals(folders.controller("rdma"), undefined);
  assertEquals(folders.unified, undefined);

  const unified = { mountPoint: "/sys/fs/cgroup", root: "/", unified: true, controllers: ["rw"] };
  assertEquals(parseCgroupFolders("0::/box\n", [unified]).unified, "/sys/fs/cgroup/box");
});
