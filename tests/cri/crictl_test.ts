/** A pod's life by crictl, Kubernetes' own client of CRI, where that is installed. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type CommandResult,
  expectSuccess,
  outputOf,
} from "../harness/containerd/private_containerd.ts";
import { hasSandboxes, PrivateCri } from "../harness/containerd/private_cri.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { busyboxImage } from "../harness/machine/busybox.ts";
import { findProgram } from "../harness/machine/programs.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";

const test = testsWith(() => PrivateCri.start());

for (const handler of ["ts", ...(hasSandboxes() ? ["sandboxed"] : [])]) {
  const name = `the life of a pod of the handler ${handler} by crictl`;
  test(name, (cri) => live(cri, handler), findProgram("crictl") === undefined);
}

async function live(cri: PrivateCri, handler: string): Promise<void> {
  const call = (...args: string[]) => crictl(cri, args);
  const answer = async (...args: string[]) => expectSuccess(await call(...args)).stdout.trim();
  const podFile = await writeJson(cri, "pod", {
    metadata: { name: "hello", uid: "hello", namespace: "default" },
    log_directory: `${cri.folder}/logs`,
    linux: { cgroup_parent: cri.cgroup },
  });
  const containerFile = await writeJson(cri, "container", {
    metadata: { name: "box" },
    image: { image: busyboxImage },
    command: ["sh", "-c", "trap 'exit 12' TERM; echo hello; while :; do sleep 0.01; done"],
    log_path: "box.log",
  });

  const pod = await answer("runp", "--runtime", handler, podFile);
  assertMatch(await answer("pods", "--id", pod), /\bReady\b.*\bhello\b/);
  const container = await answer("create", pod, containerFile, podFile);
  assertMatch(await answer("ps", "--all", "--id", container), /\bCreated\b.*\bbox\b/);
  assertEquals(await answer("start", container), container);
  assertMatch(await answer("ps", "--id", container), /\bRunning\b.*\bbox\b/);

  assertEquals(await answer("exec", "--sync", container, "echo", "out"), "out");
  assertEquals(await answer("exec", container, "echo", "out"), "out");
  const failing = await call("exec", container, "sh", "-c", "echo err >&2; exit 3");
  assertEquals([failing.code === 0, failing.stdout], [false, ""]);
  assertStringIncludes(failing.stderr, "err\n");
  assertEquals((await crictl(cri, ["exec", "--interactive", container, "cat"], "in")).stdout, "in");
  await eventually("its output", async () => await answer("logs", container) || undefined);
  assertEquals(await answer("logs", container), "hello");
  const { stats } = JSON.parse(await answer("stats", "--output", "json", "--id", container));
  assertEquals(Number(stats[0].memory.workingSetBytes.value) > 0, true);

  const inspected = JSON.parse(await answer("inspectp", pod));
  assertEquals(inspected.status.state, "SANDBOX_READY");
  assertEquals(inspected.info.pid > 0, true);
  await answer("stop", "--timeout", "60", container);
  assertEquals(JSON.parse(await answer("inspect", container)).status.exitCode, 12);
  await answer("rm", container);
  await answer("stopp", pod);
  assertMatch(await answer("pods", "--id", pod), /\bNotReady\b.*\bhello\b/);
  await answer("rmp", pod);
  assertEquals(await answer("pods", "--quiet"), "");
  await Deno.remove(`${cri.folder}/logs`, { recursive: true });
  for (const file of [podFile, containerFile]) await Deno.remove(file);
}

async function crictl(cri: PrivateCri, args: string[], input = ""): Promise<CommandResult> {
  const socket = `unix://${cri.folder}/containerd.sock`;
  const child = new Deno.Command("crictl", {
    args: ["--runtime-endpoint", socket, "--image-endpoint", socket, "--timeout", "30s", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [result] = await Promise.all([
    outputOf(child),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  return result;
}

/** @returns The path of the file. */
async function writeJson(cri: PrivateCri, name: string, value: unknown): Promise<string> {
  const path = `${cri.folder}/${name}.json`;
  await Deno.writeTextFile(path, JSON.stringify(value));
  return path;
}
