/** Cgroups are removed while they are looked at: by the runtime, by systemd with the last process of a scope, or by an operator. */
import { Errno, SystemError } from "../../shim/libc/mod.ts";

/**
 * ENOENT: the cgroup has been removed, or the kernel has no such file. ENODEV: it is being removed, or was between open(2) and read(2).
 * EOPNOTSUPP: PSI is turned off, or the cgroup is one for threads, whose processes are listed above it (cgroup v2).
 */
const MISSING: readonly number[] = [Errno.ENOENT, Errno.ENODEV, Errno.EOPNOTSUPP];

/**
 * Does something with a file or folder of a cgroup.
 * @returns What `work` returns; undefined where the file, or the whole cgroup, is not there.
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
