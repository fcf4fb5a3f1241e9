/** The network of pods, which CNI's plugins make for containerd's CRI plugin. */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { type Pod, type PodContainer, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { descendantsOf, isAlive } from "../harness/machine/processes.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const test = testsWith(() => PrivateCri.start());

/** Of NamespaceMode, ContainerState and PodSandboxState. */
const NODE = 2;
const NOT_READY = 1;

test("a pod has a network of its own, which its containers share", async (cri) => {
  const pod = await cri.runPod();
  const server = await cri.run(pod, "server", ["sleep", "1000"]);
  const client = await cri.run(pod, "client", ["sleep", "1000"]);
  const [address, ...others] = cri.network.addresses();
  assertEquals(others, []);
  assertEquals((await cri.podStatus(pod)).network.ip, address);
  const { stdout } = await cri.exec(client, "ip", "address", "show", "eth0");
  assertStringIncludes(stdout, `inet ${address}/`);
  assertEquals(await namespaceOf(cri, server), await namespaceOf(cri, client));
  assertNotEquals(await namespaceOf(cri, server), Deno.readLinkSync("/proc/self/ns/net"));

  await serve(cri, server, "127.0.0.1", "hello");
  assertEquals(await load(cri, client, "127.0.0.1"), "hello");
  await cri.remove(pod);
});

test("a pod in the host's network", async (cri) => {
  const pod = await cri.runPod("", { securityContext: { namespaceOptions: { network: NODE } } });
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  assertEquals(await namespaceOf(cri, container), Deno.readLinkSync("/proc/self/ns/net"));
  assertEquals(cri.network.addresses(), []);
  await cri.remove(pod);
});

test("pods reach each other, until they are stopped", async (cri) => {
  const [first, second] = [await cri.runPod(), await cri.runPod()];
  const server = await cri.run(first, "server", ["sleep", "1000"]);
  const client = await cri.run(second, "client", ["sleep", "1000"]);
  const { ip } = (await cri.podStatus(first)).network;
  await serve(cri, server, ip, "hello");
  assertEquals(await load(cri, client, ip), "hello");
  await untilPorts(cri, 2);

  await cri.stop(first);
  assertEquals(cri.network.addresses(), [(await cri.podStatus(second)).network.ip]);
  await untilPorts(cri, 1);
  await cri.remove(first);
  await cri.remove(second);
  await expectNoNetwork(cri);
});

// The Go shim leaves its socket, and that of containerd 2.1 some of the processes.
const isGo = runtimeUnderTest().name === "io.containerd.runc.v2";
test("a pod whose shim is killed is NotReady, and leaves nothing", async (cri) => {
  const pod = await cri.runPod();
  const container = await cri.run(pod, "box", ["sh", "-c", "sleep 1000 & sleep 1000"]);
  const [shim] = cri.shims();
  const processes = descendantsOf(shim.pid);
  assertNotEquals(processes, []);
  Deno.kill(shim.pid, "SIGKILL");
  await eventually(
    "NotReady",
    async () => (await cri.podStatus(pod)).state === NOT_READY || undefined,
  );
  await eventually(
    "an end of its processes",
    () => processes.every(({ pid }) => !isAlive(pid)) || undefined,
  );
  // 255: containerd could not see how it ended.
  assertEquals((await cri.end(container)).exitCode, 255);
  assertEquals(cri.network.addresses().length, 1);
  await cri.remove(pod);
  await expectNoNetwork(cri);
}, isGo);

test("a pod keeps its network while containerd is restarted", async (cri) => {
  const pod = await cri.runPod();
  const server = await cri.run(pod, "server", ["sleep", "1000"]);
  const { ip } = (await cri.podStatus(pod)).network;
  await serve(cri, server, ip, "hello");
  await cri.restart();
  assertEquals((await cri.podStatus(pod)).network.ip, ip);
  const other = await cri.runPod();
  const client = await cri.run(other, "client", ["sleep", "1000"]);
  const before = await receivedBytes(cri, pod);
  assertEquals(await load(cri, client, ip), "hello");
  await eventually(
    "more received by its network's statistics",
    async () => await receivedBytes(cri, pod) > before || undefined,
  );
  await cri.remove(other);
  await cri.remove(pod);
  await expectNoNetwork(cri);
});

async function namespaceOf(cri: PrivateCri, container: PodContainer): Promise<string> {
  return (await cri.exec(container, "readlink", "/proc/self/ns/net")).stdout.trim();
}

/** Has a container answer HTTP with a text; when it returns, the server listens. */
async function serve(cri: PrivateCri, container: PodContainer, address: string, text: string) {
  const server = `httpd -p ${address}:80 -h /tmp < /dev/null > /dev/null 2>&1`;
  const script = `printf ${text} > /tmp/index.html && ${server}`;
  const { code, stderr } = await cri.exec(container, "sh", "-c", script);
  assertEquals(code, 0, stderr);
}

/** What {@linkcode serve} serves, loaded by another container. */
async function load(cri: PrivateCri, container: PodContainer, address: string): Promise<string> {
  const command = ["wget", "-q", "-O", "-", `http://${address}/`];
  const { stdout, stderr } = await cri.exec(container, ...command);
  return stdout + stderr;
}

async function receivedBytes(cri: PrivateCri, { podSandboxId }: Pod): Promise<number> {
  const { stats } = await cri.client.call("PodSandboxStats", { podSandboxId });
  return stats.linux.network.defaultInterface.rxBytes.value;
}

async function expectNoNetwork(cri: PrivateCri): Promise<void> {
  assertEquals(cri.network.addresses(), []);
  await untilPorts(cri, 0);
}

/** A pair of devices goes with its namespace, which the kernel may remove after its last process has ended. */
async function untilPorts(cri: PrivateCri, count: number): Promise<void> {
  await eventually(
    `ports: ${count}`,
    async () => (await cri.network.ports()).length === count || undefined,
  );
}
