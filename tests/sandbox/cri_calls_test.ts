/** What the kubelet and its users ask of a pod without a pause container while it is there. */

import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Pod, PodContainer, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import {
  cgroupFolders,
  cgroupFoldersOf,
  makeCgroup,
  removeCgroups,
} from "../harness/machine/cgroups.ts";
import { runName } from "../harness/machine/private_mounts.ts";
import { childrenOf, isAlive } from "../harness/machine/processes.ts";
import { canMapOwners, openFolders } from "../harness/machine/user_namespaces.ts";
import { CriStream, ForwardedPort } from "../harness/streams/cri_stream.ts";
import {
  CONTAINER,
  HANDLER,
  NOT_READY,
  POD,
  READY,
  RUNNING,
  sandboxTests,
  TARGET,
  USER_NAMESPACE,
} from "./sandboxed_pods.ts";

const test = sandboxTests();

test("Exec streams input, output and the end of a command, with and without a terminal", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const { containerId } = await cri.run(pod, "box", ["sleep", "1000"]);
  const open = async (cmd: string[], streams: object) => {
    const request = { containerId, cmd, stdin: true, stdout: true, ...streams };
    return await CriStream.open((await cri.client.call("Exec", request)).url);
  };
  const script = "read line; echo got $line; echo err >&2; exit 5";
  const plain = await open(["sh", "-c", script], { stderr: true });
  plain.write("hello\n");
  await plain.stdout.until(/^got hello\n/);
  await plain.stderr.until(/^err\n/);
  const { status, details } = await plain.result;
  assertEquals([status, details.causes[0].message], ["Failure", "5"]);
  plain.close();

  const terminal = await open(["sh"], { tty: true });
  terminal.resize(132, 43);
  terminal.write("until [ \"$(stty size)\" = '43 132' ]; do :; done; echo resi''zed\r");
  await terminal.stdout.until(/^resized\r$/m);
  terminal.write("exit\r");
  assertEquals((await terminal.result).status, "Success");
  terminal.close();

  const endless = { containerId, cmd: ["sleep", "1000"], timeout: 1 };
  await assertRejects(() => cri.client.call("ExecSync", endless), Error, "timeout");
  await cri.remove(pod);
});

test("Attach reaches a container's init, whose output is in the log, also in a new file", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const script = "while read line; do echo got $line; echo err >&2; done";
  const container = await cri.run(pod, "box", ["sh", "-c", script], { stdin: true });
  const { containerId, logPath } = container;
  const request = { containerId, stdin: true, stdout: true, stderr: true };
  const stream = await CriStream.open((await cri.client.call("Attach", request)).url);
  stream.write("hello\n");
  await stream.stdout.until(/^got hello\n/);
  await stream.stderr.until(/^err\n/);
  assertEquals(untimed(await cri.untilLogged(container, 2)), [
    "stderr F err",
    "stdout F got hello",
  ]);
  await Deno.rename(logPath, `${logPath}.1`);
  await cri.client.call("ReopenContainerLog", { containerId });
  stream.write("again\n");
  assertEquals(untimed(await cri.untilLogged(container, 2)), [
    "stderr F err",
    "stdout F got again",
  ]);
  stream.close();
  assertEquals((await cri.status(container)).state, RUNNING);
  await cri.remove(pod);
});

/** Lines of a log without their times, in the order of the alphabet: that of two streams is chance. */
function untimed(lines: string[]): string[] {
  return lines.map((line) => line.slice(line.indexOf(" ") + 1)).toSorted();
}

test("the end of a container is told, and its output before that", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const container = await cri.run(pod, "box", ["sh", "-c", "echo out; printf part; exit 7"]);
  const { exitCode, reason } = await cri.end(container);
  assertEquals([exitCode, reason], [7, "Error"]);
  assertEquals(untimed(await cri.untilLogged(container, 2)), ["stdout F out", "stdout P part"]);
  const linux = { resources: { memoryLimitInBytes: 16 << 20 } };
  const hungry = await cri.run(pod, "hungry", ["tail", "/dev/zero"], { linux });
  assertEquals((await cri.end(hungry)).reason, "OOMKilled");
  assertEquals((await cri.podStatus(pod)).state, READY);
  await cri.remove(pod);
});

test("statistics of a pod and of its containers", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const { podSandboxId } = pod;
  const containers = [
    await cri.run(pod, "first", ["sleep", "1000"]),
    await cri.run(pod, "second", ["sleep", "1000"]),
  ];
  for (const { containerId } of containers) {
    const stats = await eventually("statistics", async () => {
      const { stats } = await cri.client.call("ContainerStats", { containerId });
      return stats.cpu?.usageCoreNanoSeconds?.value > 0 ? stats : undefined;
    });
    assertEquals(stats.attributes.id, containerId);
    assertEquals(stats.memory.workingSetBytes.value > 0, true);
  }
  const received = async () => {
    const { linux } = (await cri.client.call("PodSandboxStats", { podSandboxId })).stats;
    assertEquals(
      linux.containers.map(({ attributes }: { attributes: { id: string } }) => attributes.id)
        .toSorted(),
      containers.map(({ containerId }) => containerId).toSorted(),
    );
    assertEquals(linux.cpu.usageCoreNanoSeconds.value > 0, true);
    assertEquals(linux.memory.workingSetBytes.value > 0, true);
    assertEquals(linux.network.defaultInterface.name, "eth0");
    return linux.network.defaultInterface.txBytes.value as number;
  };
  const before = await received();
  await cri.exec(containers[0], "ping", "-c", "1", "-W", "1", `${cri.network.subnet}1`);
  await eventually("more sent", async () => await received() > before || undefined);
  await cri.remove(pod);
});

/** The namespaces of a process or thread, by the names that /proc has for them. */
const namespacesOf = (pid: number, ...kinds: string[]) =>
  kinds.map((kind) => Deno.readLinkSync(`/proc/${pid}/ns/${kind}`));

for (
  const [what, kinds, namespaceOptions, ignore] of [
    ["network, IPC and UTS namespaces", ["net", "ipc", "uts"], { pid: CONTAINER }, false],
    ["PID namespace, too", ["net", "ipc", "uts", "pid"], { pid: POD }, false],
    [
      "user namespace, too (needs Linux 6.3)",
      ["net", "ipc", "uts", "user"],
      USER_NAMESPACE,
      !canMapOwners,
    ],
  ] as const
) {
  test(`crictl inspectp and NRI's plugins are shown a pod's ${what}`, async (cri) => {
    await openFolders(cri);
    const logged = cri.logs[0].length;
    const securityContext = { namespaceOptions };
    const pod = await cri.runPod(HANDLER, { cgroupParent: cri.cgroup, securityContext });
    const container = await cri.run(pod, "box", ["sleep", "1000"]);
    const inspect = async () => {
      const request = { podSandboxId: pod.podSandboxId, verbose: true };
      return JSON.parse((await cri.client.call("PodSandboxStatus", request)).info.info);
    };
    const { pid, processStatus, runtimeSpec } = await inspect();
    assertEquals(processStatus, "running");
    const inContainer = await Promise.all(kinds.map((kind) => namespaceOf(cri, container, kind)));
    assertEquals(namespacesOf(pid, ...kinds), inContainer.map((name) => name.trim()));
    const paths: Record<string, string> = Object.fromEntries(
      runtimeSpec.linux.namespaces.map(({ type, path }: Record<string, string>) => [type, path]),
    );
    assertEquals(Object.keys(paths).length, kinds.length);
    for (const kind of kinds) {
      const path = paths[kind === "net" ? "network" : kind];
      assertEquals(Deno.statSync(path).ino, Deno.statSync(`/proc/${pid}/ns/${kind}`).ino);
    }
    await cri.stop(pod);
    assertEquals((await inspect()).processStatus, "deleted");
    await cri.remove(pod);
    assertEquals(cri.logs[0].slice(logged).match(/.*sandbox spec.*/g), null);
  }, ignore);
}

test("a port of the pod's own network is forwarded, also after a restart of containerd", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  // Only who is in the pod's network reaches it.
  const server = "httpd -p 127.0.0.1:8080 -h /tmp < /dev/null > /dev/null 2>&1";
  const script = `echo hello > /tmp/index.html && ${server}`;
  assertEquals((await cri.exec(container, "sh", "-c", script)).code, 0);
  await expectForwarded(cri, pod);
  await cri.restart();
  await expectForwarded(cri, pod);
  const none = await forward(cri, pod, 8081);
  assertStringIncludes(await none.error, "connection refused");
  await cri.stop(pod);
  await assertRejects(() => forward(cri, pod, 8080), Error, "not running");
  await cri.remove(pod);
});

async function forward(cri: PrivateCri, { podSandboxId }: Pod, port: number) {
  const { url } = await cri.client.call("PortForward", { podSandboxId, port: [port] });
  return await ForwardedPort.open(url);
}

async function expectForwarded(cri: PrivateCri, pod: Pod): Promise<void> {
  const port = await forward(cri, pod, 8080);
  port.write("GET / HTTP/1.0\r\n\r\n");
  await port.output.until(/\r\n\r\nhello\n/);
  assertEquals(await port.error, "");
}

for (
  const [what, namespaces, ignore] of [
    ["PID namespaces of their own", { pid: CONTAINER }, false],
    ["the pod's PID namespace", { pid: POD }, false],
    ["a user namespace (needs Linux 6.3)", USER_NAMESPACE, !canMapOwners],
  ] as const
) {
  test(`an ephemeral container sees the processes of another one, with ${what}`, async (cri) => {
    await openFolders(cri);
    const securityContext = { namespaceOptions: namespaces };
    const pod = await cri.runPod(HANDLER, { cgroupParent: cri.cgroup, securityContext });
    const target = await cri.run(pod, "target", ["sleep", "1000"]);
    const namespaceOptions = { ...namespaces, pid: TARGET, targetId: target.containerId };
    const debug = { securityContext: { namespaceOptions } };
    const ephemeral = await cri.run(pod, "debug", ["sleep", "2000"], { linux: debug });
    assertEquals(await namespaceOf(cri, ephemeral, "pid"), await namespaceOf(cri, target, "pid"));
    for (const kind of ["net", "ipc", "uts", "user"]) {
      assertEquals(await namespaceOf(cri, ephemeral, kind), await namespaceOf(cri, target, kind));
    }
    const shown = (await cri.exec(ephemeral, "ps", "-o", "args")).stdout;
    assertStringIncludes(shown, "sleep 1000");
    assertStringIncludes(shown, "sleep 2000");

    // The target's end is the ephemeral container's where it is PID 1, and only there.
    await cri.client.call("StopContainer", { containerId: target.containerId, timeout: 0 });
    if (namespaces.pid === CONTAINER) assertEquals((await cri.end(ephemeral)).exitCode, 137);
    else assertEquals((await cri.status(ephemeral)).state, RUNNING);
    const late = cri.create(pod, "late", ["sleep", "1000"], { linux: debug });
    await assertRejects(() => late, Error, "invalid target container");
    assertEquals((await cri.podStatus(pod)).state, READY);
    await cri.remove(pod);
  }, ignore);
}

async function namespaceOf(cri: PrivateCri, container: PodContainer, kind: string) {
  return (await cri.exec(container, "readlink", `/proc/self/ns/${kind}`)).stdout;
}

test("a pod is stopped and removed more than once, and removed while it runs", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  await cri.stop(pod);
  await cri.stop(pod);
  assertEquals((await cri.podStatus(pod)).state, NOT_READY);
  assertEquals((await cri.status(container)).exitCode, 137);
  await assertRejects(() => cri.run(pod, "late", ["true"]), Error, "not running");
  await cri.remove(pod);
  const { podSandboxId } = pod;
  await cri.stop(pod);
  await cri.client.call("RemovePodSandbox", { podSandboxId });

  const running = await cri.runPod(HANDLER);
  await cri.run(running, "first", ["sleep", "1000"]);
  await cri.run(running, "second", ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]);
  await cri.create(running, "third", ["sleep", "1000"]);
  const [shim] = cri.shims();
  await cri.client.call("RemovePodSandbox", { podSandboxId: running.podSandboxId });
  await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
  await assertRejects(() => cri.podStatus(running), Error, "not found");
  assertEquals(cri.network.addresses(), []);
  await Deno.remove(running.config.logDirectory, { recursive: true });
});

test("a container that can't be made or started costs its pod nothing", async (cri) => {
  const pod = await cri.runPod(HANDLER);
  const wrong = await cri.create(pod, "wrong", ["/no/such"]);
  const { containerId } = wrong;
  const error = await assertRejects(
    () => cri.client.call("StartContainer", { containerId }),
    Error,
  );
  assertStringIncludes(error.message, "no such file or directory");
  assertEquals((await cri.status(wrong)).reason, "StartError");
  assertEquals((await cri.podStatus(pod)).state, READY);
  const right = await cri.run(pod, "right", ["sleep", "1000"]);
  assertEquals((await cri.status(right)).state, RUNNING);
  await cri.client.call("RemoveContainer", { containerId });
  await cri.remove(pod);
});

for (const mode of [CONTAINER, POD]) {
  const what = mode === POD ? ", and so is the pod's init" : "";
  test(`containers are in the cgroup that the pod asks for${what}`, async (cri) => {
    // The kubelet makes it, and removes it.
    const cgroupParent = `${cri.cgroup}/burstable/pod`;
    await makeCgroup(cgroupParent);
    const securityContext = { namespaceOptions: { pid: mode } };
    const pod = await cri.runPod(HANDLER, { cgroupParent, securityContext });
    await cri.run(pod, "box", ["sleep", "1000"]);
    const [shim] = cri.shims();
    const inits = childrenOf(shim.pid);
    assertEquals(inits.length, mode === POD ? 2 : 1);
    for (const { pid } of inits) {
      assertStringIncludes(cgroupFoldersOf(pid).processes!, `${cgroupParent}/`);
    }
    await cri.remove(pod);
    const folders = cgroupFolders(cri.cgroup.slice(1));
    await removeCgroups(folders.filter((folder) => /\/burstable(\/pod)?$/.test(folder)));
  });
}

const systemdRuns = await Deno.stat("/run/systemd/system").then(() => true, () => false);
test("where no systemd runs, a slice is a pod's cgroup as any other", async (cri) => {
  const securityContext = { namespaceOptions: { pid: POD } };
  const cgroupParent = `/${runName()}-pods.slice`;
  const pod = await cri.runPod(HANDLER, { cgroupParent, securityContext });
  const { containerId } = await cri.run(pod, "box", ["sleep", "1000"]);
  for (const id of [containerId, pod.podSandboxId]) {
    assertNotEquals(
      cgroupFolders(`${runName()}-pods.slice`).filter((path) => path.endsWith(id)),
      [],
    );
  }
  await cri.remove(pod);
  await removeCgroups(cgroupFolders(`${runName()}-pods.slice`));
}, systemdRuns);
