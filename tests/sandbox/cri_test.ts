/** Pods without a pause container, as the kubelet runs them by containerd's CRI plugin. It needs containerd 2.3 or later. */

import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { canMapOwners, openFolders, runcMapsOwners } from "../harness/machine/user_namespaces.ts";
import {
  CONTAINER,
  HANDLER,
  NODE,
  NOT_READY,
  POD,
  READY,
  RUNNING,
  sandboxTests,
  untilNotReady,
  USER_NAMESPACE,
} from "./sandboxed_pods.ts";

const test = sandboxTests();

test("a pod without a pause container", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const [shim, ...others] = cri.shims();
  assertEquals(others, []);
  assertEquals(childrenOf(shim.pid), []);
  const first = await cri.run(pod, "first", ["sleep", "1000"]);
  const second = await cri.run(pod, "second", ["sleep", "1000"]);
  assertEquals(childrenOf(shim.pid).length, 2);
  const interfaces = (await cri.exec(first, "ip", "-o", "addr")).stdout;
  assertStringIncludes(interfaces, cri.network.subnet);
  assertEquals((await cri.exec(second, "ip", "-o", "addr")).stdout, interfaces);
  await cri.exec(first, "sh", "-c", "echo shared > /dev/shm/file");
  assertEquals((await cri.exec(second, "cat", "/dev/shm/file")).stdout, "shared\n");
  assertEquals((await cri.podStatus(pod)).state, READY);
  await cri.stop(pod);
  assertEquals((await cri.podStatus(pod)).state, NOT_READY);
  await cri.remove(pod);
  await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
});

test("a pod in the host's namespaces", async (cri) => {
  const namespaceOptions = { network: NODE, ipc: NODE, pid: NODE };
  const pod = await cri.runPod(HANDLER, { securityContext: { namespaceOptions } });
  const container = await cri.run(pod, "first", ["sleep", "1000"]);
  for (const kind of ["net", "ipc", "uts", "pid"]) {
    const { stdout } = await cri.exec(container, "readlink", `/proc/self/ns/${kind}`);
    assertEquals(stdout.trim(), Deno.readLinkSync(`/proc/self/ns/${kind}`));
  }
  await cri.remove(pod);
});

test("a pod whose containers share a PID namespace", async (cri) => {
  const linux = {
    cgroupParent: cri.cgroup,
    securityContext: { namespaceOptions: { pid: POD } },
  };
  const pod = await cri.runPod(HANDLER, linux);
  const first = await cri.run(pod, "first", ["sleep", "1000"]);
  const second = await cri.run(pod, "second", ["sleep", "2000"]);
  const shown = (await cri.exec(first, "ps", "-o", "pid,args")).stdout.split("\n");
  assertEquals(shown[1].trim().split(/ +/), ["1", "/pause"]);
  assertStringIncludes(shown.join("\n"), "sleep 2000");
  const { code } = await cri.exec(first, "ls", "/proc/1/root/work");
  assertNotEquals(code, 0);
  await cri.restart();
  assertEquals(
    (await cri.exec(first, "readlink", "/proc/self/ns/pid")).stdout,
    (await cri.exec(second, "readlink", "/proc/self/ns/pid")).stdout,
  );
  const [shim] = cri.shims();
  const init = await eventually(
    "the pod's init",
    () => childrenOf(shim.pid).find(({ command }) => command[0] === "/pause"),
  );
  Deno.kill(init.pid, "SIGKILL");
  await cri.end(first);
  await cri.end(second);
  await untilNotReady(cri, pod);
  await cri.remove(pod);
  await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
});

test(
  "a pod in a user namespace (needs Linux 6.3)",
  async (cri) => {
    await openFolders(cri);
    const linux = {
      cgroupParent: cri.cgroup,
      securityContext: { namespaceOptions: USER_NAMESPACE },
      sysctls: { "kernel.shm_rmid_forced": "1", "net.ipv4.ip_local_port_range": "4000 5000" },
    };
    const pod = await cri.runPod(HANDLER, linux);
    const [shim] = cri.shims();
    const [init, ...others] = childrenOf(shim.pid);
    assertEquals(others, []);
    const first = await cri.run(pod, "first", ["sleep", "1000"]);
    const second = await cri.run(pod, "second", ["sleep", "1000"]);
    const script = `set -- $(cat /proc/self/uid_map); echo $*; stat -c %u:%g /bin/busybox /etc/hosts
echo 127.0.0.2 other >> /etc/hosts; touch /new && stat -c %u:%g /new; touch /dev/shm/file
cat /proc/sys/kernel/shm_rmid_forced /proc/sys/net/ipv4/ip_local_port_range; ip -o addr`;
    const { stdout, stderr } = await cri.exec(first, "sh", "-c", script);
    assertEquals(stderr, "");
    assertStringIncludes(stdout, "0 100000 65536\n0:0\n0:0\n0:0\n1\n4000\t5000\n");
    assertStringIncludes(stdout, cri.network.subnet);
    assertEquals((await cri.exec(second, "stat", "-c", "%u", "/dev/shm/file")).stdout, "0\n");
    const inside = childrenOf(shim.pid).find(({ pid }) => pid !== init.pid)!.pid;
    for (const file of ["bin/busybox", "new"]) {
      const { uid, gid } = Deno.statSync(`/proc/${inside}/root/${file}`);
      assertEquals([uid, gid], [100_000, 100_000], file);
    }
    for (const kind of ["user", "net", "ipc", "uts"]) {
      const namespaceOf = (pid: number) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`);
      assertEquals(namespaceOf(inside), namespaceOf(init.pid), kind);
      assertNotEquals(namespaceOf(inside), namespaceOf(shim.pid), kind);
    }
    await cri.restart();
    assertEquals((await cri.exec(first, "echo", "hello")).stdout, "hello\n");
    await cri.run(pod, "third", ["sleep", "1000"]);
    Deno.kill(init.pid, "SIGKILL");
    await eventually(
      "a pod that is not ready",
      async () => (await cri.podStatus(pod)).state === NOT_READY || undefined,
    );
    await cri.remove(pod);
    await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
  },
  !canMapOwners,
);

test(
  "a pod in a user namespace in the host's network (needs Linux 6.3, runc 1.2)",
  async (cri) => {
    await openFolders(cri);
    const namespaceOptions = { ...USER_NAMESPACE, network: NODE };
    const pod = await cri.runPod(HANDLER, { securityContext: { namespaceOptions } });
    const container = await cri.run(pod, "first", ["sleep", "1000"]);
    const script = "readlink /proc/self/ns/net; set -- $(cat /proc/self/uid_map); echo $*";
    const { stdout } = await cri.exec(container, "sh", "-c", script);
    assertEquals(stdout, `${Deno.readLinkSync("/proc/self/ns/net")}\n0 100000 65536\n`);
    await cri.remove(pod);
  },
  !(canMapOwners && runcMapsOwners()),
);

test("a pod goes on while containerd is restarted", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const container = await cri.run(pod, "first", ["sleep", "1000"]);
  await cri.restart();
  assertEquals((await cri.podStatus(pod)).state, READY);
  assertEquals((await cri.status(container)).state, RUNNING);
  assertEquals((await cri.exec(container, "echo", "hello")).stdout, "hello\n");
  await cri.run(pod, "second", ["sleep", "1000"]);
  await cri.remove(pod);
});

for (
  const [what, namespaceOptions, ignore] of [
    ["a pod", { pid: CONTAINER }, false],
    ["a pod that shares its PID namespace", { pid: POD }, false],
    ["a pod in a user namespace (needs Linux 6.3)", USER_NAMESPACE, !canMapOwners],
  ] as const
) {
  test(`when its shim is killed nothing stays of ${what}`, async (cri) => {
    await openFolders(cri);
    const securityContext = { namespaceOptions };
    const pod = await cri.runPod(HANDLER, { cgroupParent: cri.cgroup, securityContext });
    const container = await cri.run(pod, "first", ["sleep", "1000"]);
    const [shim] = cri.shims();
    const inits = childrenOf(shim.pid).map(({ pid }) => pid);
    Deno.kill(shim.pid, "SIGKILL");
    await eventually("an end of the container", () => !inits.some(isAlive) || undefined);
    await cri.end(container);
    await untilNotReady(cri, pod);
    await cri.remove(pod);
  }, ignore);
}

test("a pod that can't be is refused with a reason, and nothing stays", async (cri) => {
  for (
    const [linux, reason] of [
      [{ sysctls: { "kernel.panic": "0" } }, "the sysctl kernel.panic is none of the pod's"],
      [
        { securityContext: { namespaceOptions: { ...USER_NAMESPACE, pid: NODE } } },
        "a pod with a user namespace can't have the host's PID or IPC namespace",
      ],
      // No cgroup can have such a name: its init can't be made.
      [
        { cgroupParent: `${cri.cgroup}/a\nb`, securityContext: { namespaceOptions: { pid: POD } } },
        "invalid argument",
      ],
    ] as const
  ) {
    const error = await cri.runPod(HANDLER, linux).then(() => undefined, (error) => error);
    assertStringIncludes(error.message, reason);
    await eventually("an end of the shim", () => cri.shims().length === 0 || undefined);
  }
});

// containerd wants it for all pods, after it has had the sandbox created, and forgets that where there is none.
test("where there is no pause image no pod is, and nothing stays", async (cri) => {
  await using _hidden = await cri.withoutPauseImage();
  await assertRejects(() => cri.runPod(HANDLER), Error, "failed to pull image");
  await eventually("an end of the shim", () => cri.shims().length === 0 || undefined);
});
