/** The Sandbox service, as containerd calls it, without containerd between. */

import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Any } from "../../proto/mod.ts";
import { CgroupV1Metrics, CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { eventually } from "../harness/expect/eventually.ts";
import {
  cgroupFolders,
  cgroupFoldersOf,
  cgroupMounts,
  freeze,
  makeCgroup,
  removeCgroups,
  thaw,
} from "../harness/machine/cgroups.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { makeNetns, NODE, POD, podOptions, SandboxShim } from "../harness/shim/sandbox_shim.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

const namespaceOf = (pid: number, kind: string) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`);

async function inside(pid: number, flag: string, ...command: string[]): Promise<string> {
  const args = [flag, "--target", `${pid}`, ...command];
  const { stdout } = await new Deno.Command("nsenter", { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

testBetterThanGo(
  "a pod is held by its server alone, and its containers share it",
  async (containerd) => {
    await using _netns = await makeNetns(`${containerd.folder}/netns`);
    const shim = await SandboxShim.start(containerd, "pod");
    const before = ["ipc", "uts", "net", "mnt"].map((kind) => namespaceOf(shim.pid, kind));
    const sysctls = { "kernel.shm_rmid_forced": "1", "net.ipv4.ip_unprivileged_port_start": "77" };
    const dnsConfig = { servers: ["10.0.0.1"], searches: ["a.b", "c"], options: ["ndots:5"] };
    const namespaceOptions = { pid: 1 };
    const options = podOptions({
      dnsConfig,
      linux: { sysctls, securityContext: { namespaceOptions } },
    });
    const pid = await shim.run(`${containerd.folder}/netns`, options);
    assertEquals(childrenOf(shim.pid), []);
    assertEquals(["ipc", "uts", "net", "mnt"].map((kind) => namespaceOf(shim.pid, kind)), before);
    for (const kind of ["ipc", "uts", "net"]) {
      assertNotEquals(namespaceOf(pid, kind), namespaceOf(shim.pid, kind), kind);
    }
    assertEquals(await inside(pid, "--uts", "hostname"), "pod-host");
    const port = ["cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"];
    assertEquals(await inside(pid, "--net", ...port), "77");
    const forced = ["cat", "/proc/sys/kernel/shm_rmid_forced"];
    assertEquals(await inside(pid, "--ipc", ...forced), "1");
    const status = await shim.call("SandboxStatus");
    assertEquals([status.state, status.pid], ["SANDBOX_READY", pid]);
    assertEquals((await shim.call("Platform")).platform?.os, "linux");
    await shim.call("PingSandbox");
    assertEquals((await shim.tasks.call("Connect", { id: "pod" })).taskPid, 0);

    const script =
      "hostname; cat /etc/hostname /etc/resolv.conf; echo shared > /dev/shm/$$-file; cat /dev/shm/*";
    for (const id of ["one", "two"]) {
      const { stdout } = await shim.runContainer(id, pid, script);
      await shim.tasks.call("Wait", { id });
      await shim.tasks.call("Delete", { id });
      assertStringIncludes(
        await Deno.readTextFile(stdout),
        "pod-host\npod-host\nsearch a.b c\nnameserver 10.0.0.1\noptions ndots:5\nshared\n",
      );
    }
    await shim.tasks.call("Shutdown", { id: "one" });
    await shim.call("PingSandbox");

    const waited = shim.call("WaitSandbox");
    await shim.call("StopSandbox");
    assertEquals((await waited).exitStatus, 0);
    await shim.call("StopSandbox");
    assertEquals((await shim.call("SandboxStatus")).state, "SANDBOX_NOTREADY");
    await shim.end();
  },
);

testBetterThanGo(
  "SIGTERM ends no pod, also without a container or a client",
  async (containerd) => {
    await using _netns = await makeNetns(`${containerd.folder}/netns`);
    const shim = await SandboxShim.start(containerd, "pod");
    const pid = await shim.run(`${containerd.folder}/netns`);
    shim.tasks.client.close();
    Deno.kill(shim.pid, "SIGTERM");
    await eventually("a server that has seen the signal", () => {
      const status = Deno.readTextFileSync(`/proc/${shim.pid}/status`);
      return BigInt(`0x${status.match(/^ShdPnd:\t(\w+)$/m)![1]}`) === 0n || undefined;
    });
    const again = await shim.again();
    assertEquals((await again.call("SandboxStatus")).pid, pid);
    await again.end();
  },
);

testBetterThanGo("a pod may have the host's namespaces", async (containerd) => {
  const shim = await SandboxShim.start(containerd, "pod");
  const namespaceOptions = { network: NODE, ipc: NODE, pid: NODE };
  const pid = await shim.run(
    "",
    podOptions({ linux: { securityContext: { namespaceOptions } } }),
  );
  for (const kind of ["ipc", "uts", "net"]) {
    assertEquals(namespaceOf(pid, kind), namespaceOf(Deno.pid, kind));
  }
  await shim.end();
});

/** Of a pod whose containers share a PID namespace. */
const sharedPids = () =>
  podOptions({ linux: { securityContext: { namespaceOptions: { pid: POD } } } });

/** Waits for the program of init: the runtime has let it go when it is about to execute that. */
async function untilExecuted(pid: number): Promise<void> {
  const commandOf = () => Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  await eventually("the program of init", () => commandOf() === "/pause\0" || undefined);
}

testBetterThanGo(
  "a pod may share its PID namespace: its init reaps, and shows nothing of the host",
  async (containerd) => {
    await using _netns = await makeNetns(`${containerd.folder}/netns`);
    const shim = await SandboxShim.start(containerd, "pod");
    const pid = await shim.run(`${containerd.folder}/netns`, sharedPids());
    assertEquals(childrenOf(shim.pid).map((child) => child.pid), [pid]);
    await untilExecuted(pid);
    for (const kind of ["ipc", "uts", "net", "pid", "mnt"]) {
      assertNotEquals(namespaceOf(pid, kind), namespaceOf(shim.pid, kind), kind);
    }
    assertEquals(await inside(pid, "--uts", "hostname"), "pod-host");
    assertEquals((await shim.call("SandboxStatus")).pid, pid);

    assertEquals([...Deno.readDirSync(`/proc/${pid}/root`)].map(({ name }) => name).sort(), [
      ...["dev", "pause", "proc"],
    ]);
    assertThrows(() => Deno.writeTextFileSync(`/proc/${pid}/root/file`, ""), Error, "Read-only");

    // A process whose parent has ended is the init's, and stays until that has reaped it.
    const script = `orphan=$(sh -c 'sleep 0.1 >/dev/null & echo $!')
while [ -e /proc/$orphan ]; do :; done; tr '\\0' '\\n' < /proc/1/cmdline`;
    const { stdout } = await shim.runContainer("one", pid, script, { pids: true });
    await shim.tasks.call("Wait", { id: "one" });
    await shim.tasks.call("Delete", { id: "one" });
    assertEquals(await Deno.readTextFile(stdout), "/pause\n");
    await shim.runContainer("two", pid, "sleep 1000", { pids: true });
    await shim.end();
    assertEquals(isAlive(pid), false);
  },
);

testBetterThanGo("of an init that the runtime can't make nothing stays", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  // No cgroup can have such a name.
  const cgroupParent = `/${containerd.namespace}/a\nb`;
  const securityContext = { namespaceOptions: { pid: POD } };
  const options = podOptions({ linux: { cgroupParent, securityContext } });
  await expectStatus(StatusCode.UNKNOWN, shim.run(`${containerd.folder}/netns`, options));
  assertEquals(childrenOf(shim.pid), []);
  assertEquals(await mountsBelow("/run/containerd-shim-ts-v2-"), []);
  assertEquals((await shim.call("SandboxStatus")).state, "SANDBOX_NOTREADY");
  await shim.call("StopSandbox");
  assertEquals(await mountsBelow(shim.state), []);
  await shim.end();
});

testBetterThanGo("a pod's metrics are those of its cgroup", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const cgroupParent = `/${containerd.namespace}-pod`;
  const folders = await makeCgroup(cgroupParent);
  const securityContext = { namespaceOptions: { pid: POD } };
  const options = podOptions({ linux: { cgroupParent, securityContext } });
  const pid = await shim.run(`${containerd.folder}/netns`, options);
  await untilExecuted(pid);
  const own = cgroupFoldersOf(pid).processes!;
  assertEquals(folders.some((folder) => own === `${folder}/pod`), true, own);
  const { metrics } = await shim.call("SandboxMetrics");
  assertEquals(metrics!.id, "pod");
  assertNotEquals(metrics!.timestamp, null);
  // The runtime's program, which becomes a container's, has threads, which count.
  const untilThere = (count: number) =>
    eventually(`${count} processes in the metrics`, async () => {
      const { metrics } = await shim.call("SandboxMetrics");
      return processesIn(metrics!) === count || undefined;
    });
  await untilThere(1);
  await shim.runContainer("one", pid, "exec sleep 1000", { cgroupParent });
  await untilThere(2);
  await shim.tasks.call("Kill", { id: "one", signal: 9 });
  await shim.tasks.call("Wait", { id: "one" });
  await shim.tasks.call("Delete", { id: "one" });
  await untilThere(1);
  await shim.call("StopSandbox");
  await removeCgroups(cgroupFolders(cgroupParent.slice(1)));
  await expectStatus(StatusCode.NOT_FOUND, shim.call("SandboxMetrics"));
  await shim.end();
});

/** How many processes the metrics of a pod's cgroup tell of. */
function processesIn({ data }: { data?: Any | null }): number | undefined {
  const { typeUrl, value } = data!;
  const isV1 = typeUrl === "io.containerd.cgroups.v1.Metrics";
  return (isV1 ? CgroupV1Metrics : CgroupV2Metrics).decode(value).pids?.current;
}

testBetterThanGo("a pod ends though its init has lost its cgroup", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const pid = await shim.run(`${containerd.folder}/netns`, sharedPids());
  await untilExecuted(pid);
  for (const mount of cgroupMounts()) Deno.writeTextFileSync(`${mount}/cgroup.procs`, `${pid}`);
  await removeCgroups(cgroupFolders(`${containerd.namespace}/pod`));
  assertEquals((await shim.call("SandboxStatus")).state, "SANDBOX_READY");
  await shim.call("StopSandbox");
  assertEquals(isAlive(pid), false);
  await shim.end();
});

testBetterThanGo("a pod whose init is frozen ends when it can", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const pid = await shim.run(`${containerd.folder}/netns`, sharedPids());
  await untilExecuted(pid);
  const folders = cgroupFoldersOf(pid);
  const { unified } = folders;
  if (unified !== undefined) {
    freeze(unified);
  } else {
    const folder = folders.controller("freezer")!;
    freeze(folder);
    await expectStatus(StatusCode.UNKNOWN, shim.call("StopSandbox"));
    thaw(folder);
  }
  await shim.call("StopSandbox");
  assertEquals(isAlive(pid), false);
  await shim.end();
});

for (
  const [what, options] of [["a", podOptions()], ["an init and a", sharedPids()]] as const
) {
  testBetterThanGo(
    `a pod with ${what} container that has ended leaves nothing for delete to look for`,
    async (containerd) => {
      await using _netns = await makeNetns(`${containerd.folder}/netns`);
      const shim = await SandboxShim.start(containerd, "pod");
      const names = () => [...Deno.readDirSync(shim.bundle)].map(({ name }) => name).sort();
      const before = names();
      const pid = await shim.run(`${containerd.folder}/netns`, options);
      await shim.runContainer("one", pid, "true");
      await shim.tasks.call("Wait", { id: "one" });
      await shim.tasks.call("Delete", { id: "one" });
      await shim.call("StopSandbox");
      await shim.shutDown();
      await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
      // The runtime has its spec and log there.
      const known = [...before, "config.json", "log.json"];
      assertEquals(names().filter((name) => !known.includes(name)), []);
      const { code, stderr } = await shim.delete();
      assertEquals([code, stderr], [0, ""]);
      await shim.remove();
    },
  );
}

testBetterThanGo("a pod whose init is killed is not ready", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const pid = await shim.run(`${containerd.folder}/netns`, sharedPids());
  await shim.runContainer("one", pid, "sleep 1000", { pids: true });
  const waited = shim.call("WaitSandbox");
  Deno.kill(pid, "SIGKILL");
  assertEquals((await waited).exitStatus, 137);
  // The kernel ends all of its namespace.
  assertEquals((await shim.tasks.call("Wait", { id: "one" })).exitStatus, 137);
  const status = await shim.call("SandboxStatus");
  assertEquals([status.state, status.pid], ["SANDBOX_NOTREADY", 0]);
  await shim.tasks.call("Delete", { id: "one" });
  await shim.call("StopSandbox");
  await shim.end();
});

testBetterThanGo("delete ends the init of a shim that was killed", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const pid = await shim.run(`${containerd.folder}/netns`, sharedPids());
  await shim.runContainer("one", pid, "sleep 1000", { pids: true });
  const { pid: init } = await shim.tasks.call("State", { id: "one" });
  Deno.kill(shim.pid, "SIGKILL");
  await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
  assertEquals((await shim.delete()).code, 0);
  await eventually("an end of both", () => !isAlive(init) && !isAlive(pid) || undefined);
  assertEquals(await mountsBelow(shim.state), []);
  await shim.remove();
});

async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await Deno.readTextFile("/proc/self/mountinfo")).split("\n");
  return lines.map((line) => line.split(" ")[4]).filter((path) => path?.startsWith(folder));
}

testBetterThanGo("delete ends the whole pod of a shim that was killed", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod");
  const pid = await shim.run(`${containerd.folder}/netns`);
  await shim.runContainer("one", pid, "sleep 1000");
  const { pid: init } = await shim.tasks.call("State", { id: "one" });
  Deno.kill(shim.pid, "SIGKILL");
  await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
  assertEquals((await shim.delete()).code, 0);
  await eventually("an end of the container", () => !isAlive(init) || undefined);
  await shim.remove();
});

testBetterThanGo("delete ends an init that a killed shim was making", async (containerd) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const folder = `${containerd.folder}/slow`;
  await Deno.mkdir(folder);
  using runc = await SlowRunc.make(folder, "end create");
  const shim = await SandboxShim.start(containerd, "pod", runc.options);
  const started = shim.run(`${containerd.folder}/netns`, sharedPids());
  const broken = expectStatus(StatusCode.UNAVAILABLE, started);
  await runc.untilHeld("end create");
  Deno.kill(shim.pid, "SIGKILL");
  await broken;
  assertEquals((await shim.delete()).code, 0);
  assertEquals(await mountsBelow("/run/containerd-shim-ts-v2-"), []);
  await shim.remove();
  await Deno.remove(folder, { recursive: true });
});

testBetterThanGo(
  "a pod that is shut down takes a container that is being made along",
  async (containerd) => {
    await using _netns = await makeNetns(`${containerd.folder}/netns`);
    const folder = `${containerd.folder}/slow`;
    await Deno.mkdir(folder);
    using runc = await SlowRunc.make(folder, "end create");
    const shim = await SandboxShim.start(containerd, "pod");
    const pid = await shim.run(`${containerd.folder}/netns`);
    const bundle = await shim.makeContainer("one", pid, "sleep 1000");
    const request = { ...await bundle.createRequest(containerd), options: runc.options };
    const created = shim.tasks.call("Create", request);
    await runc.untilHeld("end create");
    const ended = shim.end();
    const asked = await shim.again();
    await eventually(
      "an end of the sandbox",
      () => asked.call("PingSandbox").then(() => undefined, () => true),
    );
    await runc.release();
    const init = (await created).pid;
    await ended;
    assertEquals(isAlive(init), false);
    asked.tasks.client.close();
    await Deno.remove(folder, { recursive: true });
  },
);
