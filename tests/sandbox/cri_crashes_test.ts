/** containerd or the shim of a pod without a pause container is killed, at each step of the pod's life. */

import { assertEquals } from "@std/assert";
import type { Pod, PodContainer, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf, descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { canMapOwners, openFolders } from "../harness/machine/user_namespaces.ts";
import { SlowRunc } from "../harness/shim/slow_runc.ts";
import { expectNoLeaks, takeTraces } from "../harness/suite/leaks.ts";
import {
  CONTAINER,
  HANDLER,
  NOT_READY,
  POD,
  READY,
  RUNNING,
  sandboxTests,
  untilNotReady,
  USER_NAMESPACE,
} from "./sandboxed_pods.ts";

const test = sandboxTests();

/** The kinds of pods: without an init of its own, and with one. */
const KINDS = [
  { what: "PID namespaces of the containers' own", namespaceOptions: { pid: CONTAINER } },
  { what: "a PID namespace of the pod", namespaceOptions: { pid: POD } },
  {
    what: "a user namespace (needs Linux 6.3)",
    namespaceOptions: USER_NAMESPACE,
    ignore: !canMapOwners,
  },
];

async function runPod(cri: PrivateCri, namespaceOptions: object): Promise<Pod> {
  await openFolders(cri);
  const securityContext = { namespaceOptions };
  return await cri.runPod(HANDLER, { cgroupParent: cri.cgroup, securityContext });
}

async function crash(cri: PrivateCri): Promise<void> {
  await cri.kill();
  await cri.boot();
}

for (const { what, namespaceOptions, ignore } of KINDS) {
  test(`a pod goes on when containerd is killed between its steps: ${what}`, async (cri) => {
    const pod = await runPod(cri, namespaceOptions);
    await crash(cri);
    assertEquals((await cri.podStatus(pod)).state, READY);
    const script = "trap 'exit 12' TERM; i=0; while :; do echo $((i++)); sleep 0.01; done";
    const container = await cri.create(pod, "box", ["sh", "-c", script]);
    const { containerId } = container;
    await crash(cri);
    await cri.client.call("StartContainer", { containerId });
    await cri.untilLogged(container, 1);
    await crash(cri);
    assertEquals((await cri.status(container)).state, RUNNING);
    const lines = await cri.untilLogged(container, 1);
    await cri.untilLogged(container, lines.length + 1);
    assertEquals((await cri.exec(container, "echo", "hello")).stdout, "hello\n");
    await crash(cri);
    await cri.client.call("StopContainer", { containerId, timeout: 60 });
    assertEquals((await cri.status(container)).exitCode, 12);
    await crash(cri);
    assertEquals((await cri.status(container)).exitCode, 12);
    await cri.run(pod, "other", ["sleep", "1000"]);
    await cri.stop(pod);
    await crash(cri);
    assertEquals((await cri.podStatus(pod)).state, NOT_READY);
    await cri.remove(pod);
    await crash(cri);
    assertEquals(await podsOf(cri), []);
  }, ignore);
}

/** Every pod that there is, by CRI. */
async function podsOf(cri: PrivateCri): Promise<string[]> {
  const { items } = await cri.client.call("ListPodSandbox", {});
  return items.map(({ id }: { id: string }) => id);
}

/** Stops and removes whatever there is, as the kubelet does with what it does not know. */
async function removeAll(cri: PrivateCri): Promise<void> {
  for (const podSandboxId of await podsOf(cri)) {
    await cri.client.call("StopPodSandbox", { podSandboxId });
    await cri.client.call("RemovePodSandbox", { podSandboxId });
  }
  assertEquals(await podsOf(cri), []);
  assertEquals((await cri.client.call("ListContainers", {})).containers, []);
  assertEquals(cri.network.addresses(), []);
  await eventually(
    "no ports",
    async () => (await cri.network.ports()).length === 0 || undefined,
  );
}

/** A step of a pod's life that is under way when something is killed, as the runtime is held there. */
interface Step {
  readonly name: string;
  readonly pid: number;
  readonly points: readonly string[];
  /** Makes what has to be there before. */
  readonly prepare: (cri: PrivateCri, pid: number) => Promise<Prepared>;
}

interface Prepared {
  /** The pod, unless the step makes it. */
  readonly pod?: Pod;
  /** A container that runs. */
  readonly container?: PodContainer;
  readonly act: () => Promise<unknown>;
}

const STEPS: Step[] = [
  {
    name: "RunPodSandbox",
    pid: POD,
    points: ["begin create", "amid create", "amid start"],
    prepare: (cri, pid) => Promise.resolve({ act: () => runPod(cri, { pid }) }),
  },
  {
    name: "StartContainer",
    pid: CONTAINER,
    points: ["begin create", "amid create", "amid start"],
    async prepare(cri, pid) {
      const pod = await runPod(cri, { pid });
      const { containerId } = await cri.create(pod, "box", ["sleep", "1000"]);
      return { pod, act: () => cri.client.call("StartContainer", { containerId }) };
    },
  },
  {
    name: "ExecSync",
    pid: POD,
    points: ["amid exec"],
    async prepare(cri, pid) {
      const pod = await runPod(cri, { pid });
      const container = await cri.run(pod, "box", ["sleep", "1000"]);
      return { pod, container, act: () => cri.exec(container, "sleep", "1000") };
    },
  },
];

/** Tests in which the runtime is held when `kill` is called, and everything can be removed afterwards. */
function testHeld(
  victim: string,
  kill: (cri: PrivateCri, runc: SlowRunc, prepared: Prepared) => Promise<void>,
): void {
  for (const { name, pid, points, prepare } of STEPS) {
    for (const point of points) {
      test(`${victim} is killed during ${name}, ${point} of the runtime`, async (cri) => {
        const folder = await Deno.makeTempDir({ dir: cri.folder });
        using runc = await SlowRunc.make(folder, point);
        const prepared = await prepare(cri, pid);
        // Where shims look for the runtime.
        const found = `${cri.folder}/bin/runc`;
        await Deno.symlink(runc.path, found);
        try {
          const acted = prepared.act().catch(() => {});
          await runc.untilHeld(point);
          await kill(cri, runc, prepared);
          await acted;
          await removeAll(cri);
        } finally {
          await Deno.remove(found);
        }
        await Deno.remove(folder, { recursive: true });
        const { pod } = prepared;
        if (pod !== undefined) await Deno.remove(pod.config.logDirectory, { recursive: true });
      });
    }
  }
}

testHeld("containerd", async (cri, runc, { pod }) => {
  await cri.kill();
  await runc.free();
  await runc.release();
  await cri.boot();
  if (pod === undefined) return;
  assertEquals((await cri.podStatus(pod)).state, READY);
  const late = await cri.run(pod, "late", ["sleep", "1000"]);
  assertEquals((await cri.exec(late, "echo", "hello")).stdout, "hello\n");
});

testHeld("the shim", async (cri, runc, { pod, container }) => {
  const [shim] = cri.shims();
  const processes = descendantsOf(shim.pid);
  Deno.kill(shim.pid, "SIGKILL");
  await runc.free();
  await eventually("an end of all", () => !processes.some(({ pid }) => isAlive(pid)) || undefined);
  if (pod === undefined) return;
  await untilNotReady(cri, pod);
  if (container !== undefined) await cri.end(container);
  // Until its next start containerd keeps the bundle of a container that it has created and could not start.
  else await cri.restart();
});

for (const { what, namespaceOptions, ignore } of KINDS) {
  test(`the shim is killed while containerd is away: ${what}`, async (cri) => {
    const pod = await runPod(cri, namespaceOptions);
    const container = await cri.run(pod, "box", ["sleep", "1000"]);
    const [shim] = cri.shims();
    await cri.kill();
    Deno.kill(shim.pid, "SIGKILL");
    await cri.boot();
    assertEquals((await cri.podStatus(pod)).state, NOT_READY);
    assertEquals((await cri.end(container)).exitCode, 255);
    await removeAll(cri);
    await removeLogs(cri);
  }, ignore);

  test(`a container ends while containerd is away: ${what}`, async (cri) => {
    const pod = await runPod(cri, namespaceOptions);
    const script = "until [ -e /dev/shm/end ]; do sleep 0.01; done; exit 7";
    const container = await cri.run(pod, "box", ["sh", "-c", script]);
    const other = await cri.run(pod, "other", ["sleep", "1000"]);
    const [shim] = cri.shims();
    const init = await eventually(
      "the container's program",
      () => childrenOf(shim.pid).find(({ command }) => command.includes(script)),
    );
    await cri.kill();
    await Deno.writeTextFile(`/proc/${init.pid}/root/dev/shm/end`, "");
    await eventually("an end of the container", () => !isAlive(init.pid) || undefined);
    await cri.boot();
    assertEquals((await cri.end(container)).exitCode, 7);
    assertEquals((await cri.status(other)).state, RUNNING);
    assertEquals((await cri.podStatus(pod)).state, READY);
    await cri.remove(pod);
  }, ignore);
}

test("a pod's init ends while containerd is away", async (cri) => {
  const pod = await runPod(cri, { pid: POD });
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  const [shim] = cri.shims();
  const init = await eventually(
    "the pod's init",
    () => childrenOf(shim.pid).find(({ command }) => command[0] === "/pause"),
  );
  await cri.kill();
  Deno.kill(init.pid, "SIGKILL");
  await cri.boot();
  assertEquals((await cri.podStatus(pod)).state, NOT_READY);
  assertEquals((await cri.end(container)).exitCode, 137);
  await cri.remove(pod);
});

/** How many moments of a pod's life are tried: the tests of them take a second each. */
const MOMENTS = 6;

for (const { what, namespaceOptions, ignore } of KINDS) {
  test(`containerd is killed at any moment of a pod's life: ${what}`, async (cri) => {
    const before = takeTraces();
    const live = async () => {
      const pod = await runPod(cri, namespaceOptions);
      const container = await cri.run(pod, "box", ["sleep", "1000"]);
      await cri.exec(container, "true");
      await cri.remove(pod);
    };
    const first = live();
    await eventually("a shim", () => cri.shims()[0]);
    const begin = performance.now();
    await first;
    const duration = performance.now() - begin;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const lived = live().catch(() => {});
      // Before, containerd may forget a network namespace that it has made.
      await eventually("a shim", () => cri.shims()[0]);
      const milliseconds = duration * moment / MOMENTS;
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await cri.kill();
      await lived;
      await cri.boot();
      await removeAll(cri);
      await removeHalfRemoved(cri);
      await removeLogs(cri);
      await expectNoLeaks(before).catch((error) => {
        throw new Error(`killed after ${milliseconds.toFixed()} ms: ${error.message}`);
      });
    }
  }, ignore);
}

/** containerd renames a bundle before it removes it, and does not go on with that when it is back. */
async function removeHalfRemoved({ folder }: PrivateCri): Promise<void> {
  const plugins = ["runtime.v2.task", "sandbox.controller.v1.shim"];
  for (
    const plugin of plugins.flatMap((
      name,
    ) => [`state/io.containerd.${name}`, `root/io.containerd.${name}`])
  ) {
    const bundles = `${folder}/${plugin}/k8s.io`;
    for (const { name } of Deno.readDirSync(bundles)) {
      if (name.startsWith(".")) await Deno.remove(`${bundles}/${name}`, { recursive: true });
    }
  }
}

/** Removes the logs of pods that have not lived to their end. */
async function removeLogs({ folder }: PrivateCri): Promise<void> {
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith("-logs")) await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}
