/** Pods as the kubelet runs them, by containerd's CRI plugin. */

import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import {
  documentedHandler,
  type PodContainer,
  PrivateCri,
} from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { cgroupFolders } from "../harness/machine/cgroups.ts";
import { runName } from "../harness/machine/private_mounts.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { CriStream } from "../harness/streams/cri_stream.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const test = testsWith(() => PrivateCri.start());

/** Of ContainerState and NamespaceMode. */
const RUNNING = 1;
const POD = 0;

test("the containers of a pod share one shim, and go with the pod", async (cri) => {
  const pod = await cri.runPod(await documentedHandler());
  const first = await cri.run(pod, "first", ["sleep", "1000"]);
  const second = await cri.run(pod, "second", ["sleep", "1000"]);
  const shims = cri.shims();
  assertEquals(shims.length, 1);
  assertEquals((await cri.status(first)).state, RUNNING);
  assertEquals((await cri.status(second)).state, RUNNING);
  const other = await cri.runPod();
  assertEquals(cri.shims().length, 2, "another pod, another shim");

  await cri.remove(other);
  await cri.remove(pod);
  await eventually("an end of the shim", () => !isAlive(shims[0].pid) || undefined);
});

test("the containers of a pod may share its PID namespace", async (cri) => {
  const pod = await cri.runPod("", { securityContext: { namespaceOptions: { pid: POD } } });
  const first = await cri.run(pod, "first", ["sleep", "1000"]);
  const second = await cri.run(pod, "second", ["sleep", "1000"]);
  const namespaceOf = (container: PodContainer) =>
    cri.exec(container, "readlink", "/proc/self/ns/pid");
  assertEquals(await namespaceOf(first), await namespaceOf(second));
  await cri.client.call("StopContainer", { containerId: second.containerId, timeout: 1 });
  assertEquals((await cri.status(second)).exitCode, 143);
  assertEquals((await cri.status(first)).state, RUNNING);
  await cri.remove(pod);
});

test("a container's output is in its log, and its end in its status", async (cri) => {
  const pod = await cri.runPod();
  const script = "echo out; echo err >&2; printf part; exit 7";
  const container = await cri.run(pod, "box", ["sh", "-c", script]);
  const { exitCode, reason } = await cri.end(container);
  assertEquals([exitCode, reason], [7, "Error"]);
  const lines = await cri.untilLogged(container, 3);
  const untimed = lines.map((line) => line.slice(line.indexOf(" ") + 1)).toSorted();
  assertEquals(untimed, ["stderr F err", "stdout F out", "stdout P part"]);
  await cri.remove(pod);
});

// The Go shim of containerd 1.6 now and then loses what is still in the pipe.
const isGo = runtimeUnderTest().name === "io.containerd.runc.v2";
test("a MiB of output is in the log whole", async (cri) => {
  const pod = await cri.runPod();
  const container = await cri.run(pod, "box", ["seq", "1000000", "1131071"]);
  assertEquals((await cri.end(container)).exitCode, 0);
  const lines = await cri.untilLogged(container, 131072);
  const wrong = lines.findIndex((line, index) => !line.endsWith(` ${1000000 + index}`));
  assertEquals(wrong, -1);
  await cri.remove(pod);
}, isGo);

test("ExecSync answers output and exit code, and ends at its time-out", async (cri) => {
  const pod = await cri.runPod();
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  assertEquals(await cri.exec(container, "sh", "-c", "echo out; echo err >&2; exit 3"), {
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
  const { containerId } = container;
  const endless = { containerId, cmd: ["sleep", "1000"], timeout: 1 };
  await assertRejects(() => cri.client.call("ExecSync", endless), Error, "timeout");
  await assertRejects(() => cri.exec(container, "/no/such"), Error, "no such file or directory");
  assertEquals((await cri.exec(container, "echo", "again")).stdout, "again\n");
  await cri.remove(pod);
});

test("Exec streams input, output and the end of a command", async (cri) => {
  const pod = await cri.runPod();
  const { containerId } = await cri.run(pod, "box", ["sleep", "1000"]);
  const script = "read line; echo got $line; echo err >&2; exit 5";
  const streams = { stdin: true, stdout: true, stderr: true };
  const request = { containerId, cmd: ["sh", "-c", script], ...streams };
  const stream = await CriStream.open((await cri.client.call("Exec", request)).url);
  stream.write("hello\n");
  await stream.stdout.until(/^got hello\n/);
  await stream.stderr.until(/^err\n/);
  const { status, details } = await stream.result;
  assertEquals([status, details.causes[0].message], ["Failure", "5"]);
  stream.close();
  await cri.remove(pod);
});

test("Exec with a terminal, which can be resized", async (cri) => {
  const pod = await cri.runPod();
  const { containerId } = await cri.run(pod, "box", ["sleep", "1000"]);
  const streams = { stdin: true, stdout: true, tty: true };
  const request = { containerId, cmd: ["sh"], ...streams };
  const stream = await CriStream.open((await cri.client.call("Exec", request)).url);
  stream.write("echo $((6 * 7))\r");
  await stream.stdout.until(/^42\r$/m);
  stream.resize(132, 43);
  stream.write("until [ \"$(stty size)\" = '43 132' ]; do :; done; echo resi''zed\r");
  await stream.stdout.until(/^resized\r$/m);
  stream.write("exit\r");
  assertEquals((await stream.result).status, "Success");
  stream.close();
  await cri.remove(pod);
});

test("Attach reaches a container's init", async (cri) => {
  const pod = await cri.runPod();
  const script = "while read line; do echo got $line; done";
  const container = await cri.run(pod, "box", ["sh", "-c", script], { stdin: true });
  const request = { containerId: container.containerId, stdin: true, stdout: true };
  const stream = await CriStream.open((await cri.client.call("Attach", request)).url);
  stream.write("hello\n");
  await stream.stdout.until(/^got hello\n/);
  stream.close();
  assertEquals((await cri.status(container)).state, RUNNING);
  await cri.remove(pod);
});

test("StopContainer sends SIGTERM, and SIGKILL when the time is over", async (cri) => {
  const pod = await cri.runPod();
  const handler = "trap 'exit 12' TERM; echo ready; while :; do sleep 0.01; done";
  const willing = await cri.run(pod, "willing", ["sh", "-c", handler]);
  const deaf = await cri.run(pod, "deaf", ["sh", "-c", handler.replace("exit 12", "")]);
  for (const { logPath } of [willing, deaf]) {
    await eventually(
      "the trap",
      () => Deno.readTextFileSync(logPath).includes("ready") || undefined,
    );
  }
  await cri.client.call("StopContainer", { containerId: willing.containerId, timeout: 60 });
  assertEquals((await cri.status(willing)).exitCode, 12);
  await cri.client.call("StopContainer", { containerId: deaf.containerId, timeout: 1 });
  assertEquals((await cri.status(deaf)).exitCode, 137);
  await cri.remove(pod);
});

test("statistics and new limits", async (cri) => {
  const pod = await cri.runPod();
  const resources = { memoryLimitInBytes: 64 << 20 };
  const container = await cri.run(pod, "box", ["sleep", "1000"], { linux: { resources } });
  const { containerId } = container;
  const limit = async () => {
    const files = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max";
    const { stdout } = await cri.exec(container, "sh", "-c", `cat ${files} 2>/dev/null`);
    return Number(stdout);
  };
  assertEquals(await limit(), 64 << 20);
  const linux = { memoryLimitInBytes: 32 << 20 };
  await cri.client.call("UpdateContainerResources", { containerId, linux });
  assertEquals(await limit(), 32 << 20);
  const stats = await eventually("statistics", async () => {
    const { stats } = await cri.client.call("ContainerStats", { containerId });
    return stats.cpu?.usageCoreNanoSeconds?.value > 0 ? stats : undefined;
  });
  assertEquals(stats.memory.workingSetBytes.value > 0, true);
  await cri.remove(pod);
});

const systemdRuns = await Deno.stat("/run/systemd/system").then(() => true, () => false);
test("where no systemd runs, a slice is a pod's cgroup as any other", async (cri) => {
  const pod = await cri.runPod("", { cgroupParent: `/${runName()}-pods.slice` });
  const { containerId } = await cri.run(pod, "box", ["sleep", "1000"]);
  const folders = cgroupFolders(`${runName()}-pods.slice:cri-containerd:${containerId}`);
  assertNotEquals(folders, []);
  await cri.remove(pod);
}, systemdRuns);

test("a container that runs out of memory is OOMKilled", async (cri) => {
  const pod = await cri.runPod();
  const linux = { resources: { memoryLimitInBytes: 16 << 20 } };
  // tail keeps what has no end of a line.
  const container = await cri.run(pod, "box", ["tail", "/dev/zero"], { linux });
  assertEquals((await cri.end(container)).exitCode, 137);
  // It is told on its own, and containerd takes it in on its own.
  await eventually(
    "the reason",
    async () => (await cri.status(container)).reason === "OOMKilled" || undefined,
  );
  await cri.remove(pod);
});

test("a command that does not exist is a failed start, with runc's reason", async (cri) => {
  const pod = await cri.runPod();
  const container = await cri.create(pod, "box", ["/no/such"]);
  const { containerId } = container;
  const error = await assertRejects(
    () => cri.client.call("StartContainer", { containerId }),
    Error,
  );
  assertMatch(
    error.message,
    /OCI runtime create failed: .*exec: "\/no\/such": stat \/no\/such: no such file/,
  );
  const { exitCode, reason, message } = await cri.status(container);
  assertEquals([exitCode, reason], [128, "StartError"]);
  assertStringIncludes(message, "/no/such");
  await cri.remove(pod);
});

test("the runtime has the options of config.toml, in all its calls", async (cri) => {
  const pod = await cri.runPod("recorded");
  const container = await cri.run(pod, "box", ["sleep", "1000"]);
  assertEquals((await cri.exec(container, "echo", "hello")).stdout, "hello\n");
  await cri.remove(pod);
  // What the runtime can do is asked by who wants to know it in general, not for a container.
  const calls = (await cri.recorded.calls()).filter(({ command }) => command !== "features");
  for (const command of ["create", "start", "exec", "delete"]) {
    assertEquals(calls.some((call) => call.command === command), true, command);
  }
  assertEquals(new Set(calls.map(({ root }) => root)), new Set([`${cri.folder}/runtime/k8s.io`]));
});

test("pods go on while containerd is restarted", async (cri) => {
  const pod = await cri.runPod();
  const script = "trap 'exit 12' TERM; i=0; while :; do echo $((i++)); sleep 0.01; done";
  const container = await cri.run(pod, "box", ["sh", "-c", script]);
  await cri.restart();
  assertEquals((await cri.status(container)).state, RUNNING);
  assertEquals((await cri.exec(container, "echo", "hello")).stdout, "hello\n");
  const lines = () => Deno.readTextFileSync(container.logPath).split("\n").length;
  const before = lines();
  await eventually("more of its output", () => lines() > before || undefined);
  await cri.client.call("StopContainer", { containerId: container.containerId, timeout: 60 });
  assertEquals((await cri.status(container)).exitCode, 12);
  await cri.remove(pod);
});
