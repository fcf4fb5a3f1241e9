/** The statistics of a container, as a shim's Stats answers them and `ctr task metrics` shows them. */

import {
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertObjectMatch,
  assertRejects,
  assertStringIncludes,
  equal,
} from "@std/assert";
import { CgroupV1Metrics, CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import type { Any } from "../../proto/mod.ts";
import type { CgroupFolders } from "../../runc/cgroup/folders.ts";
import { readStats } from "../../runc/cgroup/stats.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import {
  expectSuccess,
  type PrivateContainerd,
  runtimeUnderTest,
} from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { busyboxImage } from "../harness/machine/busybox.ts";
import { cgroupFoldersOf } from "../harness/machine/cgroups.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { test } from "../harness/suite/black_box.ts";

const MEMORY_LIMIT = 64 << 20;
const PIDS_LIMIT = 20;
/** A fifth of a processor, so that WORK is throttled. */
const FLAGS = [
  "--memory-limit",
  `${MEMORY_LIMIT}`,
  "--cpu-quota",
  "20000",
  "--cpu-period",
  "100000",
];
/** Work for the processor, for memory, and for the disk that /disk is on. */
const WORK = "i=0; while [ $i -lt 99999 ]; do i=$((i+1)); done; " +
  "dd if=/dev/zero of=/made bs=1M count=4 && dd if=/dev/zero of=/disk/made bs=1M count=4 oflag=direct";

/** Starts a container that has done some work, and now rests. */
async function makeRested(containerd: PrivateContainerd, runtime: string): Promise<CgroupFolders> {
  const disk = await Deno.makeTempDir({ dir: "/var/tmp" });
  try {
    const mount = ["--mount", `type=bind,src=${disk},dst=/disk,options=rbind:rw`];
    const args = ["run", "--runtime", runtime, "--detach", ...FLAGS, ...mount];
    expectSuccess(await containerd.ctr(...args, busyboxImage, "box", "sleep", "1000"));
    const cgroup = cgroupFoldersOf(await containerd.taskPid("box"));
    const pids = cgroup.unified ?? cgroup.controller("pids")!;
    await Deno.writeTextFile(`${pids}/pids.max`, `${PIDS_LIMIT}`);
    if (cgroup.unified === undefined) {
      // cgroup v1 counts only where something is throttled.
      const { dev } = await Deno.stat(disk);
      await Deno.writeTextFile(
        `${cgroup.controller("blkio")}/blkio.throttle.write_bps_device`,
        `${dev >> 8}:${dev & 0xff} 1000000000`,
      );
    }
    expectSuccess(await containerd.exec("box", "sh", "-c", WORK));
    return cgroup;
  } finally {
    await Deno.remove(disk, { recursive: true });
  }
}

/** Asks the shim of a container, past containerd. */
async function askShim(containerd: PrivateContainerd, id: string): Promise<Any.Properties> {
  const { address, version } = await containerd.findShim("box");
  const tasks = await TaskClient.connect(address, `containerd.task.v${version}.Task`);
  try {
    return (await tasks.call("Stats", { id })).stats!;
  } finally {
    tasks.client.close();
  }
}

function decode({ typeUrl, value }: Any.Properties): CgroupV1Metrics | CgroupV2Metrics {
  if (typeUrl === "io.containerd.cgroups.v1.Metrics") return CgroupV1Metrics.decode(value!);
  assertEquals(typeUrl, "io.containerd.cgroups.v2.Metrics");
  return CgroupV2Metrics.decode(value!);
}

/** That a container's limits and work are to be seen. */
function assertWorked(stats: CgroupV1Metrics | CgroupV2Metrics): void {
  assertEquals(stats.pids, { current: 1, limit: PIDS_LIMIT });
  if ("blkio" in stats) {
    const { cpu, memory, blkio } = stats;
    assertEquals(memory!.usage!.limit, MEMORY_LIMIT);
    assertEquals(memory!.hierarchicalMemoryLimit, MEMORY_LIMIT);
    assertGreaterOrEqual(memory!.totalCache, 4 << 20);
    assertGreater(cpu!.usage!.total, 10_000_000);
    const { length } = Deno.readTextFileSync("/sys/fs/cgroup/cpuacct/cpuacct.usage_percpu").trim()
      .split(" ");
    assertEquals(cpu!.usage!.perCpu.length, length);
    assertGreater(cpu!.throttling!.throttledPeriods, 0);
    const written = blkio!.ioServiceBytesRecursive.find(({ op }) => op === "Write")!;
    assertEquals([written.value, written.device.slice(0, 5)], [4 << 20, "/dev/"]);
  } else {
    const { cpu, memory } = stats;
    assertEquals(memory!.usageLimit, MEMORY_LIMIT);
    assertGreaterOrEqual(memory!.file, 4 << 20);
    assertGreater(cpu!.usageUsec, 10_000);
    assertGreater(cpu!.nrThrottled, 0);
  }
}

/** Asks the shim of a container while nothing moves in its cgroup, which our own look before and after it tells. */
async function askAtRest(
  containerd: PrivateContainerd,
  cgroup: CgroupFolders,
): Promise<{ read: Any.Properties; answered: Any.Properties }> {
  return await eventually("a container at rest", async () => {
    const read = readStats(cgroup);
    const answered = await askShim(containerd, "box");
    return equal(read.value, readStats(cgroup).value) ? { read, answered } : undefined;
  });
}

/** Whether an answer is of the Go shim of containerd 1.6, which leaves some fields of cgroup v2 out, memory.peak among them. */
function hasFewerFields(stats: CgroupV1Metrics | CgroupV2Metrics): boolean {
  return "memoryEvents" in stats && stats.memory!.maxUsage === 0;
}

/** The fields of an answer that have another value than the default, with which what is left out is decoded. */
function told(stats: CgroupV1Metrics | CgroupV2Metrics): Record<string, unknown> {
  return JSON.parse(JSON.stringify(stats), (_, value) => value || undefined);
}

// Of the Go shim, too: so it is known that the answer is the same, byte for byte where it has all fields.
for (const runtime of new Set(["io.containerd.runc.v2", runtimeUnderTest().name])) {
  test(`the statistics of ${runtime} are those of the cgroup's files`, async (containerd) => {
    const cgroup = await makeRested(containerd, runtime);
    const { read, answered } = await askAtRest(containerd, cgroup);
    const stats = decode(answered);
    assertWorked(stats);
    if (runtime !== "io.containerd.ts.v2" && hasFewerFields(stats)) {
      assertObjectMatch(told(decode(read)), told(stats));
    } else {
      assertEquals(stats, decode(read));
      assertEquals(answered.value!.toHex(), read.value!.toHex());
    }
    await containerd.remove("box");
  });
}

test("ctr shows the statistics of a container", async (containerd) => {
  const cgroup = await makeRested(containerd, containerd.runtime.name);
  const { stdout } = expectSuccess(
    await containerd.ctr("task", "metrics", "--format", "json", "box"),
  );
  const limits = cgroup.unified === undefined
    ? [`"limit": ${MEMORY_LIMIT},`, '"hierarchical_swap_limit": 9223372036854771712,']
    : [`"usage_limit": ${MEMORY_LIMIT},`, '"swap_limit": 18446744073709551615'];
  for (const limit of limits) assertStringIncludes(stdout, limit);
  await containerd.remove("box");
});

test("a container that has stopped has statistics, one that is not there has none", async (containerd) => {
  await using events = await containerd.recordEvents();
  await containerd.runDetached("box", "sleep", "1000");
  Deno.kill(await containerd.taskPid("box"), "SIGKILL");
  await events.untilExit("box");
  assertEquals(decode(await askShim(containerd, "box")).pids!.current, 0);
  const { code } = await assertRejects(() => askShim(containerd, "other"), StatusError);
  assertEquals(code, StatusCode.NOT_FOUND);
  await containerd.remove("box");
});
