/** Removes what a killed shim has left of a container that is a process of the host. */
import { join } from "@std/path/posix";
import { isServerLeft } from "../bootstrap/address.ts";
import type { Arguments } from "../bootstrap/arguments.ts";
import type { Ended } from "../bootstrap/delete_response.ts";
import { KILLED, readExit } from "../bootstrap/exit_file.ts";
import { endLostServer } from "../bootstrap/lost_server.ts";
import { awaitEnds, killIfThere, SIGKILL, unmountAll } from "../libc/mod.ts";
import { isMountPoint } from "../rootfs/mount_point.ts";
import { readProcess } from "./kept_process.ts";

/** How long the killed process may take to end, in ms. containerd kills the whole action after 5 s. */
const END_MS = 2_000;

/**
 * The action `delete`: kills the container's process, if it lives, and all of its process group, unmounts the root file system, and
 * ends the server if nobody needs it.
 */
export async function removeLostProcess(args: Arguments): Promise<Ended> {
  const { bundle } = args;
  const kept = readProcess(bundle);
  if (kept?.lives) {
    const ended = awaitEnds([kept.pid], END_MS);
    killIfThere(-kept.pid, SIGKILL);
    await ended;
  }
  const rootfs = join(bundle, "rootfs");
  if (isMountPoint(rootfs)) await unmountAll(rootfs);
  if (isServerLeft(bundle)) await endLostServer(args, Promise.resolve(kept !== undefined));
  const { status, exitedAt } = readExit(bundle) ?? { status: KILLED, exitedAt: new Date() };
  return { pid: kept?.pid ?? 0, exitStatus: status, exitedAt };
}
