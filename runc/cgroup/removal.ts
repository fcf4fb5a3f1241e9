/** What reading a cgroup meets when the cgroup is removed: by the runtime, by systemd, or by an operator. */
import { Errno, SystemError } from "../../shim/libc/mod.ts";

/**
 * ENOENT: the cgroup has been removed, or the kernel has no such file. ENODEV: the cgroup is being removed, or was after the file had
 * been opened. EOPNOTSUPP: PSI is turned off; or it is a threaded cgroup, whose processes are listed in one above it (cgroup v2).
 */
const MISSING: readonly number[] = [Errno.ENOENT, Errno.ENODEV, Errno.EOPNOTSUPP];

/**
 * Does some work with a file or folder of a cgroup.
 * @returns What `work` returns; undefined if the file, or the whole cgroup, is not there.
 * @throws {SystemError} Any other error of `work`.
 */
export function unlessMissing<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SystemError && MISSING.includes(error.errno)) return undefined;
    throw error;
  }
}
