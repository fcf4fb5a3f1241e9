/** A lock between processes, by flock(2) on a file that is there only as long as somebody holds or wants it. */

/**
 * Waits until this process alone holds the lock.
 * @returns What releases it when disposed of, and removes the file.
 */
export async function lockFile(path: string): Promise<Disposable> {
  for (;;) {
    const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
    await file.lock(true);
    // The one who held it before has removed the file that we waited for: the lock is on the file that has the name now.
    if (isSame(file, path)) {
      return {
        [Symbol.dispose]() {
          Deno.removeSync(path);
          file.close();
        },
      };
    }
    file.close();
  }
}

function isSame(file: Deno.FsFile, path: string): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
