/**
 * The root file system of a pod's init: a small one with nothing but its program, for containers that share its PID namespace see it as
 * /proc/1/root. It is mounted on the host only while the runtime makes init, and not below the sandbox's bundle: containerd lets nobody
 * but root into the folder around that, and the root of a user namespace is somebody else.
 */
import { basename, dirname, join } from "@std/path/posix";
import { removeIfThere } from "../shim/common/files.ts";
import { mount, MountFlag, unmountAll } from "../shim/libc/mod.ts";
import { leastInit } from "./sandbox/least_init.ts";

/** Where it is mounted. A bundle is `…/<namespace>/<id>`. */
export function initRoot(bundle: string): string {
  return `/run/containerd-shim-ts-v2-${basename(dirname(bundle))}-${basename(bundle)}`;
}

/**
 * Makes it.
 * @param program The name of init's program.
 * @throws {Error} If that fails; {@linkcode removeInitRoot} removes what there is then.
 */
export async function makeInitRoot(bundle: string, program: string): Promise<void> {
  const root = initRoot(bundle);
  await Deno.mkdir(root, { mode: 0o711 });
  mount("tmpfs", root, "tmpfs", MountFlag.NOSUID | MountFlag.NODEV, "size=256k,mode=755");
  // The runtime, which mounts there, may not be root enough to make folders in it.
  for (const folder of ["dev", "proc"]) await Deno.mkdir(join(root, folder), { mode: 0o755 });
  const path = join(root, program);
  await Deno.writeFile(path, leastInit());
  // Whatever the umask is.
  await Deno.chmod(path, 0o755);
}

/** Removes it, if it is there. Init still has it. */
export async function removeInitRoot(bundle: string): Promise<void> {
  const root = initRoot(bundle);
  await unmountAll(root);
  removeIfThere(root);
}
