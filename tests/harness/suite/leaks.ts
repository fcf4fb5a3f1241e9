/** Finds what a test, or a whole run, left behind: processes, mounts, cgroups, files. */

import { eventually } from "../expect/eventually.ts";
import { cgroupFolders, thaw } from "../machine/cgroups.ts";
import { runName } from "../machine/private_mounts.ts";
import {
  describeProcess,
  isSpare,
  type Process,
  processesOfThisRun,
} from "../machine/processes.ts";

/** Something that exists because of this run. */
interface Trace {
  description: string;
  remove(): void;
}

/** By a key that names the thing for good: a process may change its parent and its command. */
export type Traces = ReadonlyMap<string, Trace>;

/** Folders that are containerd's, docker's and their clients' to clean, or hold much: not looked into. */
const foreignFolders =
  /^(rootfs|busybox|fifo|io\.containerd\.(snapshotter|content|metadata)\..*|diff|merged|netns|libnetwork)$/;

/** With spares (SHIM_SPARE=on) there may be these. */
const spareSocket = /^\/run\/containerd\/s\/[^/]+\.(first|spare)$/;
const sparesMayBe = Deno.env.get("SHIM_SPARE") === "on";

/** Made with the first container, for all of them. */
const sharedFolders = /^\/run\/containerd\/(s|runc|fifo|tmp|runc-version\.json)$/;

/** Where the root file system of a pod's init is mounted for a moment. CRI's namespace is that of all runs: there the mount tells. */
const initRoot = new RegExp(`^/run/containerd-shim-ts-v2-${runName()}-`);

/**
 * Gone with its private containerd: what is made with the first container of a namespace (one of them by crun ≥ 1.22), and containerd's
 * id, when docker first asks for it.
 */
const containerdsFolders =
  /\/shim-\d+-[0-9a-f]+(\/\.empty-directory)?$|\/io\.containerd\.grpc\.v1\.introspection(\/uuid)?$/;

/** What exists now: to be taken before the work whose leftovers are looked for. */
export function takeTraces(): Traces {
  const traces = new Map<string, Trace>();
  // A zombie whose parent has died is PID 1's to reap, at its leisure.
  // A spare ends with its containerd.
  const processes = processesOfThisRun().filter((process) =>
    (process.state !== "Z" || process.parent !== 1) && !isSpare(process)
  );
  for (const process of processes) {
    // A test may restart its daemon, whose configuration is its name.
    const key = isDaemon(process)
      ? process.command.join(" ")
      : `process ${process.pid} ${process.startTime}`;
    traces.set(key, {
      description: describeProcess(process),
      remove: () => Deno.kill(process.pid, "SIGKILL"),
    });
  }
  for (const mount of Deno.readTextFileSync("/proc/self/mounts").trim().split("\n").reverse()) {
    traces.set(`mount ${mount}`, {
      description: `mount ${mount}`,
      remove: () => run("umount", "--lazy", mount.split(" ")[1]),
    });
  }
  const containerdRuns = processes.some(isDaemon);
  const isShared = (path: string) =>
    sharedFolders.test(path) || containerdRuns && containerdsFolders.test(path);
  for (const path of cgroupFolders(`${runName()}-`)) {
    if (isShared(path)) continue;
    traces.set(path, {
      description: path,
      remove: () => {
        thaw(path);
        Deno.removeSync(path);
      },
    });
  }
  const roots = [...Deno.readDirSync("/run")].map(({ name }) => `/run/${name}`)
    .filter((path) => initRoot.test(path));
  for (const path of [...filesIn("/run/containerd"), ...roots]) {
    if (isShared(path) || sparesMayBe && spareSocket.test(path)) continue;
    // Not into what may still be mounted there.
    traces.set(path, {
      description: path,
      remove: () => run("rm", "-rf", "--one-file-system", path),
    });
  }
  return traces;
}

/**
 * Waits until nothing exists that did not exist `before`. It does wait: what happens after ctr has returned,
 * as the end of the shim, sends no event.
 *
 * @throws Error naming what is left after some seconds; that has been removed then.
 */
export async function expectNoLeaks(before: Traces): Promise<void> {
  const left = await awaitNone(before, 30, () => {});
  if (left.length === 0) return;
  await removeTraces(before);
  throw new Error(`expected nothing left behind and found\n  ${left.join("\n  ")}`);
}

/**
 * Ends and removes everything that did not exist `before`.
 *
 * @throws Error naming what could not be removed.
 */
export async function removeTraces(before: Traces): Promise<void> {
  // Generous: the init of a PID namespace stays until PID 1 has reaped what else was in it.
  const left = await awaitNone(before, 60, ({ remove }) => {
    try {
      remove();
    } catch {
      // Gone by itself, or busy until something else is gone: the next look tells.
    }
  });
  if (left.length > 0) throw new Error(`could not remove\n  ${left.join("\n  ")}`);
}

/** Calls `visit` for every new trace until there is none, and answers what is left after `seconds`. */
async function awaitNone(
  before: Traces,
  seconds: number,
  visit: (trace: Trace) => void,
): Promise<string[]> {
  let left: Trace[] = [];
  try {
    await eventually("no traces", () => {
      left = newTraces(before);
      left.forEach(visit);
      return left.length === 0 || undefined;
    }, seconds);
  } catch (error) {
    if (!(error instanceof Deno.errors.TimedOut)) throw error;
  }
  return left.map(({ description }) => description);
}

function isDaemon({ command }: Process): boolean {
  return /^(.*\/)?(containerd|dockerd)$/.test(command[0]);
}

function run(command: string, ...args: string[]): void {
  new Deno.Command(command, { args }).outputSync();
}

function newTraces(before: Traces): Trace[] {
  return [...takeTraces()].filter(([key]) => !before.has(key)).map(([, trace]) => trace);
}

/** Everything in a folder, inner before outer. */
function filesIn(folder: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return []; // removed meanwhile
    throw error;
  }
  return entries.flatMap(({ name, isDirectory }) => [
    ...(isDirectory && !foreignFolders.test(name) ? filesIn(`${folder}/${name}`) : []),
    `${folder}/${name}`,
  ]);
}
