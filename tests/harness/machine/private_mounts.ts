/**
 * A mount namespace of our own, in which `/run/containerd` is a fresh tmpfs: containerd 1.6 makes the
 * shims' sockets in `/run/containerd/s`, whatever its configuration says, and runc's state and ctr's FIFOs
 * live beside them. So no run sees another one, and every mount goes away with the last process.
 */

import { fromFileUrl } from "@std/path";
import { closeAllOnExec } from "../../../shim/libc/mod.ts";
import { eventually } from "../expect/eventually.ts";
import { cgroupFolders, thaw } from "./cgroups.ts";
import { onInterruption } from "./interruption.ts";

/** Names the mount namespace that the program was started in, before it entered its own. */
const outerNamespace = "SHIM_TEST_OUTER_MOUNTS";

/** Whether this process is already in a mount namespace made by {@linkcode enterPrivateMounts}. */
export function inPrivateMounts(): boolean {
  const outer = Deno.env.get(outerNamespace);
  return outer !== undefined && outer !== Deno.readLinkSync("/proc/self/ns/mnt");
}

/**
 * A name for this run, unique on this machine while it lasts: made of the number of its mount namespace.
 * The containerd namespaces of the run, and so its cgroups, begin with it.
 * @param pid A process of the run.
 */
export function runName(pid: number | "self" = "self"): string {
  return `shim-${Deno.readLinkSync(`/proc/${pid}/ns/mnt`).replace(/\D/g, "")}`;
}

/** What {@linkcode enterPrivateMounts} takes. */
export interface PrivateMountsOptions {
  /** The run gets a PID namespace of its own, too: every process in it is the run's, and all end with it. */
  pidNamespace?: boolean;
}

/**
 * Runs the main module again in a private mount namespace and exits with its exit code; returns at once
 * where that has been done. SIGINT, SIGTERM and SIGHUP are passed on. Temporary files (TMPDIR) go to
 * `/run/containerd/tmp`, which is private too.
 */
export async function enterPrivateMounts(
  { pidNamespace = false }: PrivateMountsOptions = {},
): Promise<void> {
  if (inPrivateMounts()) return;
  await Deno.mkdir("/run/containerd", { recursive: true, mode: 0o711 });
  const prepare = "mount -t tmpfs -o mode=0711 tmpfs /run/containerd && " +
    "mkdir -m 0711 /run/containerd/tmp && ";
  const [namespaces, run] = pidNamespace
    // The shell is its process 1, which reaps all that lose their parent while it waits.
    ? [["--pid", "--fork", "--kill-child", "--mount-proc"], '"$0" "$@"; exit $?']
    : [[], 'exec "$0" "$@"'];
  // What who runs this has left open would be found in containerd, and in what inherits of it.
  closeAllOnExec();
  const child = new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation", "private", ...namespaces, "sh", "-c", prepare + run],
      ...[Deno.execPath(), "run", "--allow-all", fromFileUrl(Deno.mainModule), ...Deno.args],
    ],
    env: {
      [outerNamespace]: Deno.readLinkSync("/proc/self/ns/mnt"),
      TMPDIR: "/run/containerd/tmp",
    },
  }).spawn();
  let name = "";
  const interruption = onInterruption((signal) => {
    if (pidNamespace) name = runName(child.pid);
    // unshare(1) that waits for a PID namespace ignores others, and takes all of it along when it is killed.
    child.kill(pidNamespace ? "SIGKILL" : signal);
  });
  const { code } = await child.status;
  if (pidNamespace && interruption.aborted) await removeCgroups(name);
  Deno.exit(code);
}

/** Removes the cgroups of a run whose processes have been killed, and thaws those that could not end for being frozen. */
async function removeCgroups(name: string): Promise<void> {
  await eventually("an end of all processes", () => {
    const folders = cgroupFolders(`${name}-`);
    for (const folder of folders) {
      thaw(folder);
      try {
        Deno.removeSync(folder);
      } catch {
        // Busy until its processes have ended.
      }
    }
    return folders.length === 0 || undefined;
  }, 60);
}
