/** containerd and runc are upgraded, and downgraded, while pods run. */

import { assertEquals } from "@std/assert";
import { type Pod, type PodContainer, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { testChanges } from "../harness/suite/upgrades.ts";

/** Of ContainerState and PodSandboxState. */
const RUNNING = 1;
const NOT_READY = 1;

const start = () => PrivateCri.start();

/** A pod with two containers. */
interface PodOfTwo {
  pod: Pod;
  containers: PodContainer[];
  /** Of the pod's own container, and of these two. */
  pids: number[];
  shim: number;
}

async function runPod(cri: PrivateCri): Promise<PodOfTwo> {
  const before = new Set(cri.shims().map(({ pid }) => pid));
  const pod = await cri.runPod();
  const containers = [
    await cri.run(pod, "first", ["sleep", "1000"]),
    await cri.run(pod, "second", ["sleep", "1000"]),
  ];
  const [shim, ...others] = cri.shims().map(({ pid }) => pid).filter((pid) => !before.has(pid));
  assertEquals(others, []);
  const pids = childrenOf(shim).map(({ pid }) => pid);
  assertEquals(pids.length, 3);
  return { pod, containers, pids, shim };
}

/** Expects that a pod and its containers can be used in every way. */
async function expectWell(cri: PrivateCri, { pod, containers, pids, shim }: PodOfTwo) {
  for (const container of containers) {
    assertEquals((await cri.status(container)).state, RUNNING);
    assertEquals((await cri.exec(container, "echo", "hello")).stdout, "hello\n");
  }
  const script = "trap 'exit 12' TERM; echo ready; while :; do sleep 0.01; done";
  const further = await cri.run(pod, "further", ["sh", "-c", script]);
  assertEquals(childrenOf(shim).length, pids.length + 1);
  await cri.untilLogged(further, 1);
  const { containerId } = further;
  await cri.client.call("StopContainer", { containerId, timeout: 60 });
  assertEquals((await cri.status(further)).exitCode, 12);
  await cri.client.call("RemoveContainer", { containerId });
  await Deno.remove(further.logPath);
}

async function expectGone(
  cri: PrivateCri,
  { pod, containers, pids }: PodOfTwo,
): Promise<void> {
  await eventually("an end of its processes", () => !pids.some(isAlive) || undefined);
  for (const container of containers) await cri.end(container);
  await eventually(
    "a pod that is not ready",
    async () => (await cri.podStatus(pod)).state === NOT_READY || undefined,
  );
  await cri.remove(pod);
}

testChanges("pods go on, and obey the new containerd", start, async (cri, changes) => {
  const pods = [await runPod(cri)];
  for (const version of changes) {
    await cri.restart(() => version.put());
    for (const pod of pods) await expectWell(cri, pod);
    pods.push(await runPod(cri));
  }
  for (const { pod, shim } of pods) {
    await cri.remove(pod);
    await eventually("an end of the shim", () => !isAlive(shim) || undefined);
  }
});

testChanges("of a pod whose shim is killed nothing stays", start, async (cri, changes) => {
  for (const version of changes) {
    const [meanwhile, afterwards] = [await runPod(cri), await runPod(cri)];
    await cri.restart(async () => {
      await version.put();
      Deno.kill(meanwhile.shim, "SIGKILL");
    });
    Deno.kill(afterwards.shim, "SIGKILL");
    await expectGone(cri, meanwhile);
    await expectGone(cri, afterwards);
  }
});
