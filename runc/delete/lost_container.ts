/** Removes what a killed shim has left of its containers: processes, cgroups, the runtime's state, and mounts. */
import { join } from "@std/path/posix";
import type { Arguments } from "../../shim/bootstrap/arguments.ts";
import { containerBundle, isSandboxBundle } from "../../shim/bootstrap/other_bundles.ts";
import { isServed } from "../../shim/bootstrap/lost_server.ts";
import { exists } from "../../shim/common/files.ts";
import { awaitEnds, killIfThere, readText, SIGKILL } from "../../shim/libc/mod.ts";
import { spawner } from "../../shim/process/spawn.ts";
import { initPidFile, type KeptRuntime } from "../bundle/mod.ts";
import { removeCgroups, removeEmptyCgroups } from "../cgroup/empty_cgroups.ts";
import { removeInitRoot } from "../init_root.ts";
import { allPids } from "../process_tree.ts";
import { Runc, wasKilled } from "../runc.ts";
import { unmountAfter } from "./unmount_after.ts";

/** How long killed processes may take to end, in ms. */
const END_MS = 1_000;

/** Removes all but the mounts of a container, also of one that the runtime was still creating. */
export async function removeContainer(
  bundle: string,
  id: string,
  runtime: KeptRuntime,
): Promise<void> {
  await killRuntimes([bundle]);
  try {
    await removeFromRuntime(bundle, id, runtime);
  } finally {
    if (isSandboxBundle(bundle)) await removeInitRoot(bundle);
  }
}

async function removeFromRuntime(
  bundle: string,
  id: string,
  runtime: KeptRuntime,
): Promise<void> {
  // The runtime has its log and its current directory there. containerd may have removed the bundle: its own state is there as long as it
  // knows the container.
  const folder = exists(bundle) ? bundle : join(runtime.root, id);
  const runc = new Runc(spawner, { ...runtime, bundle: folder });
  // containerd calls the action once for a container, so a runtime that somebody has killed is run once more.
  const remove = () => runc.knows(id) ? runc.delete(id, true) : undefined;
  const retry = (error: unknown) => wasKilled(error) ? remove() : Promise.reject(error);
  try {
    await remove()?.catch(retry);
  } finally {
    await removeCgroupsOf(bundle, id, runtime);
  }
}

async function removeCgroupsOf(bundle: string, id: string, runtime: KeptRuntime): Promise<void> {
  if (runtime.fault !== undefined) return await removeCgroups(bundle, id);
  // A container with a pid was finished by its runtime, which then removes the cgroups itself.
  if (!exists(initPidFile(bundle))) await removeEmptyCgroups(bundle, runtime);
}

/**
 * Removes the further containers of a pod, unless their server lives: they may outlive the container that it was started for.
 * @param args Name the bundle in which they are noted.
 * @param ids The containers' ids; their own bundles may be gone.
 */
export async function removeNotedContainers(
  args: Arguments,
  ids: readonly string[],
  runtime: KeptRuntime,
): Promise<void> {
  const { bundle } = args;
  // A sandbox is lost for good with all that is in it, also where its server lives.
  if (!isSandboxBundle(bundle) && await isServed(args)) return;
  const bundles = ids.map((id) => containerBundle(bundle, id));
  const killed = killRuntimes(bundles);
  const removals = ids.flatMap((id, index) => {
    const own = bundles[index];
    const remove = () => removeFromRuntime(own, id, runtime);
    const removal = killed.then(remove, remove);
    return [removal, unmountAfter(removal, join(own, "rootfs"))];
  });
  const results = await Promise.allSettled([killed, ...removals]);
  const failed = results.filter((each) => each.status === "rejected");
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.message).join("; "));
}

/** Kills runtimes that still run for bundles: nobody would know of what they go on to make. */
async function killRuntimes(bundles: readonly string[]): Promise<void> {
  const pids = allPids().filter((pid) => isFor(bundles, pid));
  const ended = awaitEnds(pids, END_MS);
  for (const pid of pids) killIfThere(pid, SIGKILL);
  await ended;
}

/** Whether a process is a runtime that the shim has run for one of the bundles: its flag `--log` tells, see {@linkcode Runc}. */
function isFor(bundles: readonly string[], pid: number): boolean {
  try {
    const args = readText(`/proc/${pid}/cmdline`).split("\0");
    const log = args[args.indexOf("--log") + 1];
    return log.endsWith("log.json") && bundles.some((bundle) => log.startsWith(`${bundle}/`));
  } catch {
    // The process has ended meanwhile.
    return false;
  }
}
