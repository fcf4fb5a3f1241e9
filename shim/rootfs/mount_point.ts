/** Whether there is something to unmount, found out without libc, which takes 3 ms to load. */
import { removeIfThere } from "../common/mod.ts";

/**
 * Whether something is mounted on a path. It may be told of something else, but never be kept back: then who unmounts finds nothing.
 *
 * To give what is mounted another name in the folder around it is refused by link(2) before anything else (EXDEV), also where both are
 * on one file system (a bind mount); to give one to a folder, since no folder may have two (EPERM).
 */
export function isMountPoint(path: string): boolean {
  const link = `${path}.link`;
  try {
    Deno.linkSync(path, link);
  } catch (error) {
    const { code } = error as { code?: string };
    return code !== "EPERM" && code !== "ENOENT";
  }
  // A symbolic link, or a file.
  removeIfThere(link);
  return false;
}
