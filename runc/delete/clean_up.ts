/**
 * The action `delete`: removes what a container has left when its shim is gone.
 *
 * containerd (1.6 to 2.1) executes it after every normal Delete, too, when nothing is left, and waits for it; and it kills it after
 * 5 s. So this file only looks whether there is something to do, and loads what does it then. It imports no more than it needs for the
 * look, and that file by file: the faces (mod.ts) of folders, and shim/mod.ts above all, would load much else.
 */
import { join } from "@std/path/posix";
import { isServerLeft } from "../../shim/bootstrap/address.ts";
import type { Arguments } from "../../shim/bootstrap/arguments.ts";
import type { Ended } from "../../shim/bootstrap/delete_response.ts";
import { KILLED, readExit } from "../../shim/bootstrap/exit_file.ts";
import { IDENTIFIER, isIdentifier } from "../../shim/common/identifier.ts";
import { type Logger, orWarn } from "../../shim/common/logger.ts";
import { isMountPoint } from "../../shim/rootfs/mount_point.ts";
import { namesIn } from "../bundle/names.ts";
import { notedContainers } from "../bundle/noted_containers.ts";
import { INIT_PID_FILE, initPidFile, writtenPid } from "../bundle/pid_file.ts";
import { isCreateBegun, isKnown, readRuntime } from "../bundle/runtime.ts";

/** Writes to standard error, which containerd logs. */
const logger: Pick<Logger, "warn"> = {
  warn: (text, fields) => console.error(`${text}: ${(fields?.error as Error).message}`),
};

/**
 * Does the action. All removals go on side by side, so that none waits for one that hangs; those of processes and mounts, which would
 * be the worst to stay, begin first. A warning on standard error names what could not be removed.
 * @returns How init ended.
 */
export async function cleanUp(args: Arguments): Promise<Ended> {
  const { bundle } = args;
  if (!isIdentifier(args.id)) {
    throw new Error(`expected an id of ${IDENTIFIER} for the flag -id, not "${args.id}"`);
  }
  const names = orUndefined(() => namesIn(bundle));
  const hasPid = names?.includes(INIT_PID_FILE) ?? true;
  const pid = hasPid ? writtenPid(initPidFile(bundle)) : undefined;
  const removal = removeContainer(args, pid, names);
  await Promise.all([
    orWarn(logger, "remove the container", async () => void await removal),
    orWarn(logger, "unmount the root file system", () => unmount(join(bundle, "rootfs"), removal)),
    orWarn(logger, "remove the other containers", () => removeNotedContainers(args, names)),
    orWarn(logger, "end the shim", () => endServer(args, removal.catch(() => false))),
  ]);
  const { status, exitedAt } = readExit(bundle) ?? { status: KILLED, exitedAt: new Date() };
  return { pid: pid ?? 0, exitStatus: status, exitedAt };
}

/** Where the bundle can't be looked through, each look at a file in it finds what is wrong. */
function orUndefined<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/**
 * @param names What is in the bundle.
 * @returns Whether anything was left of the container.
 */
async function removeContainer(
  { bundle, id, namespace }: Arguments,
  pid: number | undefined,
  names: readonly string[] | undefined,
): Promise<boolean> {
  const runtime = readRuntime(bundle, namespace, names);
  const { fault } = runtime;
  if (fault) logger.warn("can't read what runtime the container had", { error: fault });
  // Without a pid, the shim may have died while the runtime was creating the container.
  const isUnsure = fault !== undefined || pid === undefined && isCreateBegun(names ?? []);
  if (!isKnown(runtime, id) && !isUnsure) return false;
  const lost = await import("./lost_container.ts");
  await lost.removeContainer(bundle, id, runtime);
  return true;
}

async function unmount(rootfs: string, removal: Promise<unknown>): Promise<void> {
  if (!isMountPoint(rootfs)) return;
  const { unmountAfter } = await import("./unmount_after.ts");
  await unmountAfter(removal, rootfs);
}

/** Removes the further containers of a pod; they have the same runtime. */
async function removeNotedContainers(
  args: Arguments,
  names: readonly string[] | undefined,
): Promise<void> {
  const { bundle, namespace } = args;
  const ids = notedContainers(bundle, names);
  if (ids.length === 0) return;
  const lost = await import("./lost_container.ts");
  await lost.removeNotedContainers(args, ids, readRuntime(bundle, namespace, names));
}

/** @param wasThere Whether anything was left of the container; resolves when that is removed. */
async function endServer(args: Arguments, wasThere: Promise<boolean>): Promise<void> {
  if (!isServerLeft(args.bundle)) return;
  const { endLostServer } = await import("../../shim/bootstrap/lost_server.ts");
  await endLostServer(args, wasThere);
}
