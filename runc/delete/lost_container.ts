/** What a shim that was killed has left of its containers: processes, cgroups, the runtime's state, mounts. */
import { dirname, join } from "@std/path/posix";
import type { Arguments } from "../../shim/bootstrap/arguments.ts";
import { isServed } from "../../shim/bootstrap/lost_server.ts";
import { exists } from "../../shim/common/files.ts";
import { awaitEnds, killIfThere, readText, SIGKILL } from "../../shim/libc/mod.ts";
import { spawner } from "../../shim/process/spawn.ts";
import { initPidFile, type KeptRuntime } from "../bundle/mod.ts";
import { removeCgroups, removeEmptyCgroups } from "../cgroup/empty_cgroups.ts";
import { allPids } from "../process_tree.ts";
import { Runc, wasKilled } from "../runc.ts";
import { unmountAfter } from "./unmount_after.ts";

/** How long what was killed may take to end, in ms. */
const END_MS = 1_000;

/** Removes all but the mounts, also of a container that the runtime was about to create. */
export async function removeContainer(
  bundle: string,
  id: string,
  runtime: KeptRuntime,
): Promise<void> {
  await killRuntimes([bundle]);
  await removeFromRuntime(bundle, id, runtime);
}

/** @param log A folder for the runtime's log. */
async function removeFromRuntime(
  bundle: string,
  id: string,
  runtime: KeptRuntime,
  log = bundle,
): Promise<void> {
  const runc = new Runc(spawner, { ...runtime, bundle: log });
  // Nobody calls the action again for a container, so a runtime that somebody has killed is called again.
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
  // The runtime itself does so with what it has finished: it has written the pid then.
  if (!exists(initPidFile(bundle))) await removeEmptyCgroups(bundle, runtime);
}

/**
 * Removes the containers of a pod besides the one in whose bundle they are noted; unless their server lives, as they may outlive the one
 * that it was started for.
 * @param args Name the bundle in which they are noted. Their own may be gone.
 */
export async function removeNotedContainers(
  args: Arguments,
  ids: readonly string[],
  runtime: KeptRuntime,
): Promise<void> {
  if (await isServed(args)) return;
  const { bundle } = args;
  const bundles = ids.map((id) => join(dirname(bundle), id));
  const killed = killRuntimes(bundles);
  const removals = ids.flatMap((id, index) => {
    const own = bundles[index];
    const remove = () => removeFromRuntime(own, id, runtime, exists(own) ? own : bundle);
    const removal = killed.then(remove, remove);
    return [removal, unmountAfter(removal, join(own, "rootfs"))];
  });
  const results = await Promise.allSettled([killed, ...removals]);
  const failed = results.filter((each) => each.status === "rejected");
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.message).join("; "));
}

/** Kills runtimes that still run for bundles: what they go on to make, nobody would know of. */
async function killRuntimes(bundles: readonly string[]): Promise<void> {
  const pids = allPids().filter((pid) => isFor(bundles, pid));
  const ended = awaitEnds(pids, END_MS);
  for (const pid of pids) killIfThere(pid, SIGKILL);
  await ended;
}

/** Whether a process has the log of a runtime that the shim calls for one of the bundles; see {@linkcode Runc}. */
function isFor(bundles: readonly string[], pid: number): boolean {
  try {
    const args = readText(`/proc/${pid}/cmdline`).split("\0");
    const log = args[args.indexOf("--log") + 1];
    return log.endsWith("log.json") && bundles.some((bundle) => log.startsWith(`${bundle}/`));
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
