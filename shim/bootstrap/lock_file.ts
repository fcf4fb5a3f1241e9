/**
 * A lock between processes, by flock(2) on a file that is there only as long as somebody holds or wants the lock.
 *
 * The lock of a socket (`lockPath`) is held while it is decided which server listens there: by a server, from before it looks for
 * another one until `start` has given its answer or never will; by a `start` that has found a socket, while it looks whether a server
 * listens; and by `delete`, while it removes what a server has left. So whoever gets the lock finds a server that containerd knows, or
 * none.
 */
import { join } from "@std/path/posix";
import { removeIfThere } from "../common/files.ts";
import { close, open, OpenFlag } from "../libc/descriptor.ts";
import { SystemError } from "../libc/library.ts";
import { isLinked, lock, tryLock } from "../libc/lock.ts";
import { isLockPath } from "./address.ts";

/**
 * Waits until this process holds the lock.
 * @returns What releases the lock, and removes the file, when it is disposed of.
 * @throws {SystemError} If there can be no such file.
 */
export async function lockFile(path: string): Promise<Disposable> {
  for (;;) {
    const descriptor = open(path, OpenFlag.RDWR | OpenFlag.CREAT, 0o600);
    if (!tryLock(descriptor)) await lock(descriptor);
    if (isLinked(descriptor)) return new Held(path, descriptor);
    // The process that held the lock has removed the file that we waited for: the lock is on the file that has the name now.
    close(descriptor);
  }
}

/**
 * {@linkcode lockFile} without a wait.
 * @returns Undefined if another one holds the lock, or has just let it go.
 * @throws {SystemError} The same.
 */
export function lockFileNow(path: string): Disposable | undefined {
  return holdNow(path, open(path, OpenFlag.RDWR | OpenFlag.CREAT, 0o600));
}

/** Takes the lock on a file that was opened, and closes it if that can't be had now. */
function holdNow(path: string, descriptor: number): Held | undefined {
  if (tryLock(descriptor) && isLinked(descriptor)) return new Held(path, descriptor);
  close(descriptor);
}

/** A lock that this process holds. */
class Held implements Disposable {
  constructor(private readonly path: string, private readonly descriptor: number) {}

  [Symbol.dispose](): void {
    try {
      removeIfThere(this.path);
    } catch {
      // The lock has served its purpose all the same. A file that stays is removed as an abandoned one later.
    } finally {
      close(this.descriptor);
    }
  }
}

/** Removes the lock files in a folder of sockets that killed processes have left. */
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
    // Its holder has removed the file meanwhile.
    if (error instanceof SystemError) return;
    throw error;
  }
  holdNow(path, descriptor)?.[Symbol.dispose]();
}
