/**
 * Start of an init, Pause, Resume and Delete of a stopped container, which the shim does without a command of runc where that does
 * nothing else (docs/direct.md): for which runtimes and containers that is, and what it does then.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { RuncOptions } from "../../proto/mod.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import {
  cgroupFolders,
  cgroupFoldersOf,
  freeze,
  isFrozen,
  removeCgroups,
  thaw,
} from "../harness/machine/cgroups.ts";
import {
  descriptorsOf,
  faultsOfEnded,
  findProcess,
  isAlive,
  sendSignal,
} from "../harness/machine/processes.ts";
import { expectProgram } from "../harness/machine/programs.ts";
import { type BundleOptions, DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

const id = "box";
/** containerd.v1.types.Status */
const CREATED = 1, RUNNING = 2;
/** Where the shim notes what runc it has found. */
const NOTE = "/run/containerd/runc-version.json";

/** Makes a runtime of its own for a test, in a folder, from runc's path. */
type Make = (runc: string, path: string) => Promise<void>;

const link: Make = (runc, path) => Deno.symlink(runc, path);
const copy: Make = (runc, path) => Deno.copyFile(runc, path);
const wrap: Make = (runc, path) =>
  Deno.writeTextFile(path, `#!/bin/sh\nexec ${runc} "$@"\n`, { mode: 0o755 });

/** Starts a shim and creates a container with a runtime, which the shim knows by then if it ever will. */
async function create(
  containerd: PrivateContainerd,
  make?: Make,
  bundle: BundleOptions = {},
): Promise<{ shim: DirectShim; runtime: string; pid: number }> {
  const shim = await DirectShim.start(containerd, id, bundle);
  let runtime = expectProgram("runc");
  let options;
  if (make !== undefined) {
    const path = `${shim.bundle.path}/runtime`;
    await make(runtime, path);
    runtime = path;
    options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName: runtime }).finish(),
    };
  }
  const pid = await shim.create(containerd, { options });
  if (make !== wrap) {
    await eventually("a known runtime", () => noted().startsWith(`${runtime} `) || undefined);
  }
  return { shim, runtime, pid };
}

function noted(): string {
  try {
    return JSON.parse(Deno.readTextFileSync(NOTE)).identity;
  } catch {
    return "";
  }
}

/** Whether a server has run a command meanwhile. */
async function runsCommand(server: number, work: () => Promise<unknown>): Promise<boolean> {
  const before = faultsOfEnded(server);
  await work();
  return faultsOfEnded(server) !== before;
}

/** By what the two were done. */
type Way = "shim" | "command";

/** Starts, ends and deletes a container, and expects nothing to be left of it. */
async function live(
  { shim, pid }: { shim: DirectShim; pid: number },
  betweenThem: () => unknown = () => {},
): Promise<{ start: Way; delete: Way }> {
  const { tasks } = shim;
  const ways = { start: "shim" as Way, delete: "shim" as Way };
  if (await runsCommand(shim.pid, () => tasks.call("Start", { id }))) ways.start = "command";
  assertEquals((await tasks.call("State", { id })).status, RUNNING);
  await eventually("the container's program", () => commandOf(pid) === "sleep 1000" || undefined);
  await betweenThem();
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  if (await runsCommand(shim.pid, () => tasks.call("Delete", { id }))) ways.delete = "command";
  await shim.shutDown();
  return ways;
}

/** Pauses and resumes a running container, as runc sees it, too. */
async function pauseAndResume(
  containerd: PrivateContainerd,
  { shim, pid }: { shim: DirectShim; pid: number },
): Promise<{ pause: Way; resume: Way }> {
  const ways = { pause: "shim" as Way, resume: "shim" as Way };
  const seen = async () => [isFrozen(pid), JSON.parse(await runc(containerd, "state", id)).status];
  if (await runsCommand(shim.pid, () => shim.tasks.call("Pause", { id }))) ways.pause = "command";
  assertEquals(await seen(), [true, "paused"]);
  if (await runsCommand(shim.pid, () => shim.tasks.call("Resume", { id }))) ways.resume = "command";
  assertEquals(await seen(), [false, "running"]);
  return ways;
}

function commandOf(pid: number): string | undefined {
  return findProcess(pid)?.command.join(" ");
}

/** The folder of a container's state in runc's. */
function stateFolder(containerd: PrivateContainerd): string {
  return `/run/containerd/runc/${containerd.namespace}/${id}`;
}

async function runc(containerd: PrivateContainerd, ...args: string[]): Promise<string> {
  const root = `/run/containerd/runc/${containerd.namespace}`;
  const { stdout, stderr } = await new Deno.Command("runc", { args: ["--root", root, ...args] })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

for (
  const [what, make, way] of [
    ["runc", undefined, "shim"],
    ["a link to runc", link, "shim"],
    ["a copy of runc", copy, "shim"],
    ["a script that executes runc", wrap, "command"],
  ] as const
) {
  testBetterThanGo(`with ${what} it is done by the ${way}`, async (containerd) => {
    const container = await create(containerd, make);
    const folders = cgroupFoldersOf(container.pid).all;
    const ways = await live(container, async () => {
      assertEquals(await pauseAndResume(containerd, container), { pause: way, resume: way });
    });
    assertEquals(ways, { start: way, delete: way });
    const left = [...folders, stateFolder(containerd)].filter((path) => isThere(path));
    assertEquals(left, []);
  });
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

testBetterThanGo("with SHIM_DIRECT=off it is done by the command", async (containerd) => {
  Deno.env.set("SHIM_DIRECT", "off");
  try {
    const shim = await DirectShim.start(containerd, id);
    const pid = await shim.create(containerd);
    const ways = await live({ shim, pid }, async () => {
      const ways = await pauseAndResume(containerd, { shim, pid });
      assertEquals(ways, { pause: "command", resume: "command" });
    });
    assertEquals(ways, { start: "command", delete: "command" });
  } finally {
    Deno.env.delete("SHIM_DIRECT");
  }
});

testBetterThanGo("a runtime that is replaced meanwhile is not known", async (containerd) => {
  const container = await create(containerd, copy);
  const { runtime } = container;
  // As an upgrade does it.
  await Deno.copyFile(runtime, `${runtime}.new`);
  await Deno.rename(`${runtime}.new`, runtime);
  const ways = await live(container, async () => {
    const ways = await pauseAndResume(containerd, container);
    assertEquals(ways, { pause: "command", resume: "command" });
  });
  assertEquals(ways, { start: "command", delete: "command" });
});

test("a container below a frozen cgroup is paused by itself", async (containerd) => {
  const { shim, pid } = await create(containerd);
  const { tasks } = shim;
  await tasks.call("Start", { id });
  const folders = cgroupFoldersOf(pid);
  const above = dirname(folders.unified ?? folders.controller("freezer")!);
  freeze(above);
  await tasks.call("Pause", { id });
  thaw(above);
  assertEquals(isFrozen(pid), true);
  await tasks.call("Resume", { id });
  assertEquals(isFrozen(pid), false);
  await shim.exec("visitor", ["true"]);
  await shim.end();
});

testBetterThanGo("a poststop hook runs", async (containerd) => {
  const file = `${containerd.folder}/hook-ran`;
  const hooks = { poststop: [{ path: "/bin/sh", args: ["sh", "-c", `echo ran > ${file}`] }] };
  const container = await create(containerd, undefined, { hooks });
  assertEquals(await live(container), { start: "shim", delete: "command" });
  assertEquals(await Deno.readTextFile(file), "ran\n");
  await Deno.remove(file);
});

testBetterThanGo("poststart hooks run, by whatever command", async (containerd) => {
  const file = `${containerd.folder}/hook-ran`;
  const hooks = { poststart: [{ path: "/bin/sh", args: ["sh", "-c", `echo ran >> ${file}`] }] };
  const container = await create(containerd, undefined, { hooks });
  assertEquals(await live(container), { start: "command", delete: "shim" });
  assertEquals(await Deno.readTextFile(file), "ran\n");
  await Deno.remove(file);
});

testBetterThanGo("a container in the host's PID namespace", async (containerd) => {
  const container = await create(containerd, undefined, { hostPidNamespace: true });
  assertEquals(await live(container), { start: "shim", delete: "command" });
});

testBetterThanGo("cgroups that the container has made go with it", async (containerd) => {
  const container = await create(containerd);
  const inner = cgroupFoldersOf(container.pid).all.map((folder) => `${folder}/inner/more`);
  const ways = await live(container, () => {
    for (const folder of inner) Deno.mkdirSync(folder, { recursive: true });
  });
  assertEquals(ways, { start: "shim", delete: "command" });
  assertEquals(cgroupFolders(`${containerd.namespace}/${id}`), []);
  assertEquals(inner.filter((folder) => isThere(folder)), []);
});

testBetterThanGo("cgroups that somebody has removed", async (containerd) => {
  const container = await create(containerd);
  const folders = cgroupFoldersOf(container.pid).all;
  const { tasks, pid } = container.shim;
  await tasks.call("Start", { id });
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  await removeCgroups(folders);
  assertEquals(await runsCommand(pid, () => tasks.call("Delete", { id })), false);
  assertEquals(isThere(stateFolder(containerd)), false);
  await container.shim.shutDown();
});

testBetterThanGo("a file in the state that is not known", async (containerd) => {
  const container = await create(containerd);
  const ways = await live(container, () => {
    Deno.writeTextFileSync(`${stateFolder(containerd)}/more`, "");
  });
  assertEquals(ways, { start: "shim", delete: "command" });
  assertEquals(isThere(stateFolder(containerd)), false);
});

testBetterThanGo("runc sees a container as if it had done it itself", async (containerd) => {
  const { shim } = await create(containerd);
  const status = async () => JSON.parse(await runc(containerd, "state", id)).status;
  assertEquals(await status(), "created");
  await shim.tasks.call("Start", { id });
  assertEquals(await status(), "running");
  assertStringIncludes(await runc(containerd, "start", id), "cannot start an already running");
  await shim.tasks.call("Kill", { id, signal: 9 });
  await shim.tasks.call("Wait", { id });
  assertEquals(await status(), "stopped");
  await shim.tasks.call("Delete", { id });
  assertStringIncludes(await runc(containerd, "state", id), "does not exist");
  await shim.shutDown();
});

// What is told is what runc says.
test("a created container that an operator has paused can't be started", async (containerd) => {
  const { shim } = await create(containerd);
  assertEquals(await runc(containerd, "pause", id), "");
  const message = await expectStatus(StatusCode.UNKNOWN, shim.tasks.call("Start", { id }));
  assertStringIncludes(message, "OCI runtime start failed: ");
  assertStringIncludes(message, "cannot start a container in the paused state");
  assertEquals(await runc(containerd, "resume", id), "");
  await shim.tasks.call("Start", { id });
  await shim.end();
});

test("one that an operator has started can't be started once more", async (containerd) => {
  const { shim, pid } = await create(containerd);
  assertEquals(await runc(containerd, "start", id), "");
  // runc waits for the FIFO's end, which the kernel brings a moment before it names the process by its new program.
  await eventually("the container's program", () => commandOf(pid) === "sleep 1000" || undefined);
  const message = await expectStatus(StatusCode.UNKNOWN, shim.tasks.call("Start", { id }));
  assertStringIncludes(message, "OCI runtime start failed: ");
  assertStringIncludes(message, "cannot start an already running container");
  await shim.end();
});

testBetterThanGo("without its state a container can't be started", async (containerd) => {
  const { shim } = await create(containerd);
  const path = `${stateFolder(containerd)}/state.json`;
  await Deno.rename(path, `${path}.away`);
  const message = await expectStatus(StatusCode.UNKNOWN, shim.tasks.call("Start", { id }));
  assertStringIncludes(message, "OCI runtime start failed: container does not exist");
  await Deno.rename(`${path}.away`, path);
  await shim.tasks.call("Start", { id });
  await shim.end();
});

testBetterThanGo("the deadline of a Start passes before init comes", async (containerd) => {
  const { shim, pid } = await create(containerd);
  const { tasks } = shim;
  await stop(pid);
  const start = tasks.call("Start", { id }, { timeoutMs: 3000 });
  await untilItWaits(shim, true);
  await within(30, "an answer", expectStatus(StatusCode.DEADLINE_EXCEEDED, start));
  await untilItWaits(shim, false);
  assertEquals((await tasks.call("State", { id })).status, CREATED);
  assertEquals(JSON.parse(await runc(containerd, "state", id)).status, "created");
  sendSignal(pid, "SIGCONT");
  await tasks.call("Start", { id });
  await eventually("the container's program", () => commandOf(pid) === "sleep 1000" || undefined);
  await shim.end();
});

testBetterThanGo("other calls are answered while a Start waits for init", async (containerd) => {
  const { shim, pid } = await create(containerd);
  const { tasks } = shim;
  await stop(pid);
  const start = tasks.call("Start", { id });
  await untilItWaits(shim, true);
  assertEquals((await within(30, "an answer", tasks.call("State", { id }))).status, CREATED);
  await within(30, "an answer", tasks.call("Pids", { id }));
  sendSignal(pid, "SIGCONT");
  assertEquals((await start).pid, pid);
  await shim.end();
});

testBetterThanGo("init ends while a Start waits for it", async (containerd) => {
  await using events = await containerd.recordEvents();
  const { shim, pid } = await create(containerd);
  const { tasks } = shim;
  await stop(pid);
  const start = expectStatus(StatusCode.UNKNOWN, tasks.call("Start", { id }));
  await untilItWaits(shim, true);
  sendSignal(pid, "SIGKILL");
  const message = await within(30, "an answer", start);
  assertEquals(
    message,
    "OCI runtime start failed: cannot start a container that has stopped",
  );
  assertEquals((await tasks.call("Wait", { id })).exitStatus, 137);
  await tasks.call("Delete", { id });
  await shim.shutDown();
  await events.catchUp();
  assertEquals(events.tasks.map(({ topic }) => topic), [
    "/tasks/create",
    "/tasks/exit",
    "/tasks/delete",
  ]);
});

/** Stops a process, which it is when this resolves. */
async function stop(pid: number): Promise<void> {
  assert(sendSignal(pid, "SIGSTOP"));
  await eventually("a stopped process", () => findProcess(pid)?.state === "T" || undefined);
}

/** Waits until the shim waits for init at its FIFO, or no longer does. */
async function untilItWaits(shim: DirectShim, waits: boolean): Promise<void> {
  const isOpen = () => descriptorsOf(shim.pid).some((target) => target.endsWith("/exec.fifo"));
  await eventually(`a FIFO that is open: ${waits}`, () => isOpen() === waits || undefined);
}

testBetterThanGo("a shim that is killed before the FIFO has gone", async (containerd) => {
  const { shim, pid } = await create(containerd);
  await shim.tasks.call("Start", { id });
  await new Deno.Command("mkfifo", { args: [`${stateFolder(containerd)}/exec.fifo`] }).output();
  sendSignal(shim.pid, "SIGKILL");
  await eventually("an end", () => !isAlive(shim.pid) || undefined);
  const { code } = await shim.bundle.delete(containerd);
  assertEquals([code, isAlive(pid), isThere(stateFolder(containerd))], [0, false, false]);
  await shim.bundle.remove();
});
