/** What a shim that was killed has left of its containers: processes, cgroups, the runtime's state, mounts. */
import { dirname, join } from "@std/path/posix";
import { isServed } from "../shim/address.ts";
import { exists } from "../shim/exists.ts";
import {
  awaitEnds,
  killIfThere,
  listFolders,
  readText,
  SIGKILL,
  unmountAll,
} from "../shim/libc/mod.ts";
import { spawner } from "../shim/spawn.ts";
import { removeEmptyCgroups } from "./empty_cgroups.ts";
import { initPidFile } from "./pid_file.ts";
import { Runc } from "./runc.ts";
import type { Runtime } from "./runtime.ts";

/** How long what was killed may take to end, in ms. */
const END_MS = 1_000;

/** Removes all but the mounts, also of a container that the runtime was about to create. */
export async function removeContainer(
  bundle: string,
  id: string,
  runtime: Runtime,
): Promise<void> {
  await killRuntimes(bundle);
  await removeState(bundle, id, runtime);
  // The runtime itself does so with what it has finished: it has written the pid then.
  if (!exists(initPidFile(bundle))) await removeEmptyCgroups(bundle, runtime);
}

async function removeState(log: string, id: string, runtime: Runtime): Promise<void> {
  const runc = new Runc(spawner, { ...runtime, bundle: log });
  if (runc.knows(id)) await runc.delete(id, true);
}

/**
 * Removes the containers of a pod besides the one in whose bundle they are noted; unless their server lives, as they may outlive the one
 * that it was started for.
 * @param bundle The one in which they are noted.
 */
export async function removeNotedContainers(
  bundle: string,
  ids: readonly string[],
  runtime: Runtime,
): Promise<void> {
  if (await isServed(bundle)) return;
  const removals = await Promise.allSettled(ids.flatMap((id) => {
    const own = join(dirname(bundle), id);
    return [
      exists(own) ? removeContainer(own, id, runtime) : removeState(bundle, id, runtime),
      unmountAll(join(own, "rootfs")),
    ];
  }));
  const failed = removals.filter((removal) => removal.status === "rejected");
  if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.message).join("; "));
}

/** Kills runtimes that still run for a bundle: what they go on to make, nobody would know of. */
async function killRuntimes(bundle: string): Promise<void> {
  const pids = listFolders("/proc").filter((name) =>
    /^\d+$/.test(name) && runsForBundle(name, bundle)
  ).map(Number);
  const ended = awaitEnds(pids, END_MS);
  for (const pid of pids) killIfThere(pid, SIGKILL);
  await ended;
}

/** Whether a process has the log of a runtime that the shim calls; see {@linkcode Runc}. */
function runsForBundle(pid: string, bundle: string): boolean {
  try {
    const args = readText(`/proc/${pid}/cmdline`).split("\0");
    const log = args[args.indexOf("--log") + 1];
    return log.startsWith(`${bundle}/`) && log.endsWith("log.json");
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
