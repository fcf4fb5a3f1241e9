/** Update: the limits of a container, as its cgroup has them. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Any } from "../../proto/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import {
  cgroupFoldersOf,
  hasController,
  isFrozen,
  readCgroupFile,
} from "../harness/machine/cgroups.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
const MIB = 2 ** 20;
/** What the kernel shows for no limit of memory in cgroup v1: the most that it can count, in whole pages. */
const UNLIMITED = "9223372036854771712";

interface Limits {
  memory: string;
  /** The quota, and the period that it is for, in µs. */
  cpu: string;
  /** Not there where the host has no controller cpuset. */
  cpus?: string;
  pids: string;
}

/** The limits of a process's cgroup, as version 2 writes them. */
function limitsOf(pid: number): Limits {
  const read = (controller: string, v1: string, v2: string) =>
    readCgroupFile(pid, { controller, v1, v2 });
  const memory = read("memory", "memory.limit_in_bytes", "memory.max");
  const quota = read("cpu", "cpu.cfs_quota_us", "cpu.max").replace("-1", "max");
  const period = read("cpu", "cpu.cfs_period_us", "cpu.max");
  return {
    memory: memory === UNLIMITED ? "max" : memory,
    cpu: quota === period ? quota : `${quota} ${period}`,
    pids: read("pids", "pids.max", "pids.max"),
    ...hasController("cpuset") && { cpus: read("cpuset", "cpuset.cpus", "cpuset.cpus") },
  };
}

/** OCI LinuxResources, as containerd's client hands them over. */
function resources(value: object): Any.Properties {
  return jsonAny("LinuxResources", value);
}

test("limits are changed, each on its own, and again", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const { tasks } = shim;
  const pid = await shim.create(containerd);
  const expected = limitsOf(pid);
  const update = async (value: object, changed: Partial<Limits>) => {
    await tasks.call("Update", { id, resources: resources(value) });
    assertEquals(limitsOf(pid), Object.assign(expected, changed));
  };
  await update({ pids: { limit: 50 } }, { pids: "50" });
  await tasks.call("Start", { id });
  await update({ memory: { limit: 64 * MIB } }, { memory: `${64 * MIB}` });
  await update({ memory: { limit: 32 * MIB } }, { memory: `${32 * MIB}` });
  await update({ cpu: { quota: 50_000, period: 100_000 } }, { cpu: "50000 100000" });
  await update({ cpu: { quota: 20_000 } }, { cpu: "20000 100000" });
  if (hasController("cpuset")) await update({ cpu: { cpus: "0" } }, { cpus: "0" });
  await update({ pids: { limit: 100 }, memory: { limit: 48 * MIB } }, {
    pids: "100",
    memory: `${48 * MIB}`,
  });
  const none = { pids: { limit: -1 }, memory: { limit: -1 }, cpu: { quota: -1 } };
  await update(none, { pids: "max", memory: "max", cpu: "max 100000" });
  await shim.end();
});

test("a limit is felt", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks, bundle } = shim;
  using stdin = await ClientFifo.make(`${bundle.path}/stdin`);
  using output = await ClientFifo.make(`${bundle.path}/output`);
  const streams = { stdin: stdin.path, stdout: output.path, stderr: output.path };
  // Before the limit, under which there would be no room for runc.
  const script = "read line; sleep 1000 & sleep 1000 & exit 0";
  await shim.exec("visitor", ["sh", "-c", script], streams);
  await tasks.call("Update", { id, resources: resources({ pids: { limit: 3 } }) });
  await stdin.write("go\n");
  const { exitStatus } = await tasks.call("Wait", { id, execId: "visitor" });
  assertEquals(exitStatus, 2, "a shell that can't fork");
  await shim.end();
});

test("a paused container takes new limits, and stays paused", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const { pid } = await tasks.call("State", { id });
  await tasks.call("Pause", { id });
  await tasks.call("Update", { id, resources: resources({ pids: { limit: 50 } }) });
  assertEquals([limitsOf(pid).pids, isFrozen(pid)], ["50", true]);
  await tasks.call("Resume", { id });
  await shim.end();
});

test("a limit that the kernel refuses is an error in its words, and changes nothing", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const { pid } = await tasks.call("State", { id });
  const first = { memory: { limit: 64 * MIB }, cpu: { quota: 50_000, period: 100_000 } };
  await tasks.call("Update", { id, resources: resources(first) });
  const before = limitsOf(pid);
  const refuse = async (value: object, words: RegExp) => {
    const answer = tasks.call("Update", { id, resources: resources(value) });
    assertMatch((await assertRejects(() => answer, StatusError)).message, words);
    assertEquals(limitsOf(pid), before);
  };
  await refuse({ cpu: { quota: 100 } }, /invalid argument/);
  // Where cgroup v2 is in use the kernel takes it, and kills init.
  if (cgroupFoldersOf(pid).unified === undefined) {
    await refuse({ memory: { limit: 4096 } }, /unable to set memory limit to 4096/);
  }
  await shim.end();
});

testBetterThanGo(
  "a refused limit is told of as the other errors of runc are",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const answer = shim.tasks.call("Update", { id, resources: resources({ cpu: { quota: 100 } }) });
    assertStringIncludes(
      await expectStatus(StatusCode.UNKNOWN, answer),
      "OCI runtime update failed: ",
    );
    await shim.end();
  },
);

testBetterThanGo("what are no resources is an invalid argument", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const garbage = { typeUrl: "", value: new TextEncoder().encode("garbage") };
  for (const resources of [undefined, garbage, jsonAny("LinuxResources", [])]) {
    const answer = shim.tasks.call("Update", { id, resources });
    assertStringIncludes(
      await expectStatus(StatusCode.INVALID_ARGUMENT, answer),
      "expected an OCI LinuxResources as a JSON object, not ",
    );
  }
  await shim.end();
});

testBetterThanGo("a container that has ended has no limits to change", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  const answer = tasks.call("Update", { id, resources: resources({ pids: { limit: 50 } }) });
  // Kubernetes takes that for done.
  await expectStatus(StatusCode.NOT_FOUND, answer);
  await tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo("of many at once the last one stays", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const { tasks } = shim;
  const { pid } = await tasks.call("State", { id });
  const limits = Array.from({ length: 10 }, (_, index) => 50 + index);
  await Promise.all(
    limits.map((limit) => tasks.call("Update", { id, resources: resources({ pids: { limit } }) })),
  );
  assertEquals(limitsOf(pid).pids, `${limits.at(-1)}`);
  const files = [...Deno.readDirSync(shim.bundle.path)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.includes("resources")), []);
  await shim.end();
});
