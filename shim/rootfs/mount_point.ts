/** Whether there is anything to unmount. It needs no libc, which takes 3 ms to load: `delete` asks it after every container. */
import { removeIfThere } from "../common/mod.ts";

/**
 * Whether something is mounted on a path. It may say so by mistake, so that there is nothing to unmount; but it never misses a mount.
 *
 * It tries to give the path another name in the folder around it. link(2) refuses that for a mount point before anything else (EXDEV),
 * also if both are on one file system, as for a bind mount; and for a folder, since no folder may have two names (EPERM).
 */
export function isMountPoint(path: string): boolean {
  const link = `${path}.link`;
  try {
    Deno.linkSync(path, link);
  } catch (error) {
    const { code } = error as { code?: string };
    return code !== "EPERM" && code !== "ENOENT";
  }
  // It was a file or a symbolic link.
  removeIfThere(link);
  return false;
}
