/**
 * A lock between processes, by flock(2) on a file that is there only as long as somebody holds or wants it.
 *
 * That of a socket (`lockPath`) is held while it is decided who listens there: by a server from before it looks whether another one
 * does, until `start` has told of it or never will; by a `start` that has found a socket, while it looks who answers; and by `delete`
 * while it removes what a server has left. So who waits for it finds a server that somebody knows of, or none.
 */
import { join } from "@std/path/posix";
import { removeIfThere } from "../common/files.ts";
import { close, isLinked, lock, open, OpenFlag, SystemError, tryLock } from "../libc/mod.ts";
import { isLockPath } from "./address.ts";

/**
 * Waits until this process alone holds the lock.
 * @returns What releases it when disposed of, and removes the file.
 * @throws {SystemError} where there can be no such file.
 */
export async function lockFile(path: string): Promise<Disposable> {
  for (;;) {
    const descriptor = open(path, OpenFlag.RDWR | OpenFlag.CREAT, 0o600);
    if (!tryLock(descriptor)) await lock(descriptor);
    if (isLinked(descriptor)) {
      return {
        [Symbol.dispose]() {
          try {
            removeIfThere(path);
          } catch {
            // What it was held for is done all the same, and who has the folder again removes it as an abandoned one.
          } finally {
            close(descriptor);
          }
        },
      };
    }
    // The one who held it has removed the file that we waited for: the lock is on the file that has the name now.
    close(descriptor);
  }
}

/** Removes the locks in a folder of sockets that were left by who was killed. */
export function removeAbandonedLocks(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isLockPath(path)) removeIfAbandoned(path);
  }
}

function removeIfAbandoned(path: string): void {
  let descriptor: number;
  try {
    descriptor = open(path, OpenFlag.RDWR);
  } catch (error) {
    // Its holder has removed it meanwhile.
    if (error instanceof SystemError) return;
    throw error;
  }
  if (tryLock(descriptor) && isLinked(descriptor)) removeIfThere(path);
  close(descriptor);
}
