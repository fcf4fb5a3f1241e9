/** Cgroups that systemd makes, where it runs the machine: `deno task test:cgroup2 --systemd` has such a machine. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { runcOptions } from "../harness/containerd/runtime_options.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupFoldersOf, unifiedMount } from "../harness/machine/cgroups.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { Bundle, DirectShim } from "../harness/shim/direct_shim.ts";
import { makeNetns, POD, podOptions, SandboxShim } from "../harness/shim/sandbox_shim.ts";
import { jsonAny } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** See sd_booted(3). */
const systemdRuns = await Deno.stat("/run/systemd/system").then(() => true, () => false);
const options = runcOptions({ systemdCgroup: true });

/** A test with a slice of its own, which must be empty in the end. */
function test(
  name: string,
  body: (containerd: PrivateContainerd, slice: string) => Promise<void>,
): void {
  testBetterThanGo(`${name} (needs systemd)`, async (containerd) => {
    // Without a dash: that would make it one in another.
    const slice = `${containerd.namespace.replaceAll("-", "")}.slice`;
    await body(containerd, slice);
    assertEquals(unitsIn(slice), []);
    await systemctl("stop", slice);
  }, !systemdRuns);
}

async function systemctl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("systemctl", { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}

/** The cgroups of a slice. */
function unitsIn(slice: string): string[] {
  const folders = [...Deno.readDirSync(`${unifiedMount()}/${slice}`)];
  return folders.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}

/** Starts a shim for a container that is to be in a scope of a slice. */
async function startIn(containerd: PrivateContainerd, slice: string): Promise<DirectShim> {
  const bundle = await Bundle.make(containerd, "box");
  const path = `${bundle.path}/config.json`;
  const spec = JSON.parse(await Deno.readTextFile(path));
  spec.linux.cgroupsPath = `${slice}:test:box`;
  await Deno.writeTextFile(path, JSON.stringify(spec));
  return await DirectShim.startIn(containerd, bundle);
}

/** The cgroup of a running process. */
const folderOf = (pid: number) => cgroupFoldersOf(pid).unified!.slice(unifiedMount()!.length);

test("a container lives in a scope of systemd's", async (containerd, slice) => {
  const shim = await startIn(containerd, slice);
  const { tasks, id } = shim;
  const init = await shim.create(containerd, { options });
  const folder = `/${slice}/test-box.scope`;
  assertEquals(folderOf(init), folder);
  await tasks.call("Start", { id });
  assertEquals(folderOf(await shim.exec("visitor", ["sleep", "1000"])), folder);
  // The runtime's program, which becomes a container's, has threads, which count.
  await eventually("two processes", async () => {
    const { stats } = await tasks.call("Stats", { id });
    return CgroupV2Metrics.decode(stats!.value!).pids!.current === 2 || undefined;
  });
  await tasks.call("Pause", { id });
  await tasks.call("Resume", { id });
  const resources = jsonAny("LinuxResources", { memory: { limit: 64 << 20 } });
  await tasks.call("Update", { id, resources });
  assertEquals(
    await systemctl("show", "test-box.scope", "--property", "MemoryMax", "--value"),
    `${64 << 20}\n`,
  );
  await shim.end();
  await eventually("an end of the scope", () => unitsIn(slice).length === 0 || undefined);
  const list = ["list-units", "--all", "--plain", "--no-legend", "test-box.scope"];
  await eventually("no unit", async () => await systemctl(...list) === "" || undefined);
});

test("delete ends the scope of a container whose shim was killed", async (containerd, slice) => {
  const shim = await startIn(containerd, slice);
  const init = await shim.create(containerd, { options });
  Deno.kill(shim.pid, "SIGKILL");
  await shim.tasks.client.closed;
  assertEquals((await shim.bundle.delete(containerd)).code, 0);
  await eventually("an end of init", () => !isAlive(init) || undefined);
  await eventually("an end of the scope", () => unitsIn(slice).length === 0 || undefined);
  await shim.bundle.remove();
});

for (const given of [options, undefined]) {
  const how = given === undefined ? "though nobody says that it is systemd's" : "by an option";
  test(`a pod's init is in the pod's slice, ${how}`, async (containerd, slice) => {
    await using _netns = await makeNetns(`${containerd.folder}/netns`);
    const inner = slice.replace(".slice", "-pod.slice");
    const cgroupParent = `/${slice}/${inner}`;
    const shim = await SandboxShim.start(containerd, "pod", given);
    const securityContext = { namespaceOptions: { pid: POD } };
    const config = podOptions({ linux: { cgroupParent, securityContext } });
    const pid = await shim.run(`${containerd.folder}/netns`, config);
    assertEquals(folderOf(pid), `${cgroupParent}/cri-containerd-pod.scope`);
    await eventually("metrics of one process", async () => {
      const { metrics } = await shim.call("SandboxMetrics");
      return CgroupV2Metrics.decode(metrics!.data!.value).pids?.current === 1 || undefined;
    });
    await shim.call("StopSandbox");
    await eventually(
      "an end of the scope",
      () => unitsIn(`${slice}/${inner}`).length === 0 || undefined,
    );
    await shim.end();
    await systemctl("stop", inner);
  });
}

test("delete ends the scope of a pod's init whose shim was killed", async (containerd, slice) => {
  await using _netns = await makeNetns(`${containerd.folder}/netns`);
  const shim = await SandboxShim.start(containerd, "pod", options);
  const securityContext = { namespaceOptions: { pid: POD } };
  const config = podOptions({ linux: { cgroupParent: `/${slice}`, securityContext } });
  const pid = await shim.run(`${containerd.folder}/netns`, config);
  assertStringIncludes(folderOf(pid), `/${slice}/`);
  Deno.kill(shim.pid, "SIGKILL");
  await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
  assertEquals((await shim.delete()).code, 0);
  await eventually("an end of init", () => !isAlive(pid) || undefined);
  await eventually("an end of the scope", () => unitsIn(slice).length === 0 || undefined);
  await shim.remove();
});
