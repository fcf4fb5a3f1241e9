/** mount(2) and umount2(2). */
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

/** Flags of mount(2) (linux/mount.h). */
export const MountFlag = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  SYNCHRONOUS: 0x10,
  REMOUNT: 0x20,
  MANDLOCK: 0x40,
  DIRSYNC: 0x80,
  NOATIME: 0x400,
  NODIRATIME: 0x800,
  BIND: 0x1000,
  REC: 0x4000,
  SILENT: 0x8000,
  UNBINDABLE: 0x2_0000,
  PRIVATE: 0x4_0000,
  SLAVE: 0x8_0000,
  SHARED: 0x10_0000,
  RELATIME: 0x20_0000,
  STRICTATIME: 0x100_0000,
} as const;

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/**
 * Calls mount(2).
 * @throws {SystemError} that tells all its arguments.
 */
export function mount(
  source: string,
  target: string,
  type: string,
  flags: number,
  data: string,
): void {
  check(
    symbols.mount(cString(source), cString(target), cString(type), BigInt(flags), cString(data)),
    () => `mount ${source} on ${target} (type ${type}, flags 0x${flags.toString(16)}, ${data})`,
  );
}

/**
 * Unmounts whatever is mounted on `target`, one over the other. What is busy, or has mounts below it, is detached with all that is
 * below: it is out of the way at once and gone with its last user (umount2(2), MNT_DETACH). Nothing mounted is fine.
 * @throws {SystemError}
 */
export function unmountAll(target: string): void {
  const path = cString(target);
  let flags = UMOUNT_NOFOLLOW;
  for (;;) {
    if (symbols.umount2(path, flags) === 0) continue;
    const errno = lastErrno();
    if (errno === Errno.EINVAL || errno === Errno.ENOENT) return;
    if (errno !== Errno.EBUSY || (flags & MNT_DETACH) !== 0) {
      throw new SystemError(`unmount ${target}`, errno);
    }
    flags |= MNT_DETACH;
  }
}
