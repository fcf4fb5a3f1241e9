/** The action `delete`: removes what a container has left when its shim is gone. */
import { dirname, join } from "@std/path/posix";
import { DeleteResponse } from "../proto/mod.ts";
import {
  type Arguments,
  endUnusedServer,
  isServed,
  kill,
  listFolders,
  readText,
  removeDeadSocket,
  SIGKILL,
  spawner,
  SystemError,
  toTimestamp,
  unmountAll,
} from "../shim/mod.ts";
import { readExit } from "./exit_file.ts";
import { notedContainers } from "./noted_containers.ts";
import { initPidFile, readPid } from "./pid_file.ts";
import { Runc } from "./runc.ts";
import { readRuntime } from "./runtime.ts";

/**
 * Does the action. containerd 1.6 to 2.1 call it after every normal delete as well: then there is nothing left, and finding that out
 * runs no other program.
 * @returns The answer for standard output. What could not be removed is told on standard error, which containerd logs.
 */
export async function cleanUp({ bundle, id, namespace }: Arguments): Promise<Uint8Array> {
  const pid = initPid(bundle);
  if (pid === undefined) await orWarn("end the shim", () => endUnusedServer(bundle, id));
  await orWarn("remove the socket", () => removeDeadSocket(bundle));
  await orWarn("remove the container", () => removeContainer(bundle, id, namespace, pid));
  await orWarn("unmount the root file system", () => unmountAll(join(bundle, "rootfs")));
  await orWarn("remove the other containers", () => removeNotedContainers(bundle, namespace));
  const { status, exitedAt } = readExit(bundle) ?? { status: 128 + SIGKILL, exitedAt: new Date() };
  return DeleteResponse.encode({
    pid: pid ?? 0,
    exitStatus: status,
    exitedAt: toTimestamp(exitedAt),
  }).finish();
}

function initPid(bundle: string): number | undefined {
  try {
    return readPid(initPidFile(bundle));
  } catch {
    return undefined;
  }
}

async function removeContainer(
  bundle: string,
  id: string,
  namespace: string,
  pid: number | undefined,
): Promise<void> {
  const runc = new Runc(spawner, { ...readRuntime(bundle, namespace), bundle });
  const known = runc.knows(id);
  // Without a pid the shim may have died while the runtime was creating the container.
  if (known || pid === undefined) killRuntime(bundle);
  if (known || runc.knows(id)) await runc.delete(id, true);
}

/** Those of a pod, which have the runtime of the pod's own. */
async function removeNotedContainers(bundle: string, namespace: string): Promise<void> {
  const ids = notedContainers(bundle);
  // They may outlive the one that their server was started for.
  if (ids.length === 0 || await isServed(bundle)) return;
  const runc = new Runc(spawner, { ...readRuntime(bundle, namespace), bundle });
  for (const id of ids) {
    if (runc.knows(id)) await runc.delete(id, true);
    await unmountAll(join(dirname(bundle), id, "rootfs"));
  }
}

/** Kills runtimes that still run for a bundle: what they go on to make, nobody would know of. */
function killRuntime(bundle: string): void {
  for (const name of listFolders("/proc")) {
    if (!/^\d+$/.test(name) || !runsForBundle(name, bundle)) continue;
    try {
      kill(Number(name), SIGKILL);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
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

async function orWarn(what: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`can't ${what}: ${(error as Error).message}`);
  }
}
