/** Mounting and unmounting (mount(2), umount2(2)), and mounts with mapped owners (mount_setattr(2)). */
import { close, OpenFlag } from "./descriptor.ts";
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
 * @throws {SystemError} If it fails, with all arguments in the message.
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

// The numbers of system calls since Linux 5.1 are the same on all architectures.
const SYS_OPEN_TREE = 428n;
const SYS_MOVE_MOUNT = 429n;
const SYS_MOUNT_SETATTR = 442n;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_RDONLY = 1;
const MOUNT_ATTR_IDMAP = 0x10_0000;

/**
 * Mounts `source`, with all mounts below it, on `target` a second time. There the owners of its files are those that a user namespace
 * maps them to (Linux 5.12). Later mounts and unmounts on one of the two do not reach the other.
 * @param userNamespace An open `/proc/<pid>/ns/user`.
 * @throws {SystemError} If it fails, as for a file system that can't map owners (EINVAL).
 */
export function mountIdMapped(
  source: string,
  target: string,
  userNamespace: number,
  { readonly }: { readonly: boolean },
): void {
  const flags = OPEN_TREE_CLONE | OpenFlag.CLOEXEC | AT_RECURSIVE;
  const tree = Number(symbols.open_tree(SYS_OPEN_TREE, AT_FDCWD, cString(source), flags));
  check(tree, () => `open_tree ${source}`);
  try {
    // struct mount_attr: what to set, what to clear, the propagation, the namespace; each of 8 bytes.
    const set = MOUNT_ATTR_IDMAP | (readonly ? MOUNT_ATTR_RDONLY : 0);
    const attributes = BigUint64Array.of(
      BigInt(set),
      0n,
      BigInt(MountFlag.PRIVATE),
      BigInt(userNamespace),
    );
    const empty = cString("");
    check(
      Number(
        symbols.mount_setattr(
          SYS_MOUNT_SETATTR,
          tree,
          empty,
          AT_EMPTY_PATH | AT_RECURSIVE,
          attributes,
          BigInt(attributes.byteLength),
        ),
      ),
      () => `map the owners of ${source}`,
    );
    check(
      Number(
        symbols.move_mount(
          SYS_MOVE_MOUNT,
          tree,
          empty,
          AT_FDCWD,
          cString(target),
          MOVE_MOUNT_F_EMPTY_PATH,
        ),
      ),
      () => `move_mount to ${target}`,
    );
  } finally {
    close(tree);
  }
}

/**
 * Unmounts all that is mounted on `target`, one mount over the other; there may be none. A mount that is busy, or has mounts below it,
 * is detached with these: it is out of the way at once, and gone with its last user (umount2(2), MNT_DETACH).
 *
 * It waits in a thread of Deno's pool: the kernel first writes out what the file system has not written yet (an overlay's upper layer,
 * and with it all else on the same disk). That may take minutes, and the shim has other containers.
 * @throws {SystemError} If it fails.
 */
export async function unmountAll(target: string): Promise<void> {
  const path = cString(target);
  let flags = UMOUNT_NOFOLLOW;
  for (;;) {
    if (await symbols.umount2_nonblocking(path, flags) === 0) continue;
    // Errno belongs to the pool's thread and can't be read here. The same call fails again, and at once.
    if (symbols.umount2(path, flags) === 0) continue;
    const errno = lastErrno();
    if (errno === Errno.EINVAL || errno === Errno.ENOENT) return;
    if (errno !== Errno.EBUSY || (flags & MNT_DETACH) !== 0) {
      throw new SystemError(`unmount ${target}`, errno);
    }
    flags |= MNT_DETACH;
  }
}
