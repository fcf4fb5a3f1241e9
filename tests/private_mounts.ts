/**
 * A mount namespace of our own, in which `/run/containerd` is a fresh tmpfs: containerd 1.6 makes the
 * shims' sockets in `/run/containerd/s`, whatever its configuration says, and runc's state and ctr's FIFOs
 * live beside them. So no run sees another one, and every mount goes away with the last process.
 */

import { fromFileUrl } from "@std/path";

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
 */
export function runName(): string {
  return `shim-${Deno.readLinkSync("/proc/self/ns/mnt").replace(/\D/g, "")}`;
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
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // unshare(1) that waits for a PID namespace ignores them, and takes all of it along when it is killed.
    Deno.addSignalListener(signal, () => child.kill(pidNamespace ? "SIGKILL" : signal));
  }
  Deno.exit((await child.status).code);
}
