/**
 * Calls for files whose file system may not answer, for a while or for ever: each waits in a thread of Deno's pool. Errno belongs to
 * that thread and can't be read, so they do not say why they have failed.
 */
import { OpenFlag } from "./descriptor.ts";
import { cString, symbols } from "./library.ts";

/** Keeps the memory that calls under way use from being freed: their callers may have given up waiting. */
const held = new Set<unknown>();

/**
 * Opens a file.
 * @param flags Of {@linkcode OpenFlag}; CLOEXEC is added.
 * @returns The descriptor; -1 if it has failed.
 */
export async function openInPool(path: string, flags: number, mode = 0): Promise<number> {
  const name = cString(path);
  held.add(name);
  try {
    return await symbols.open_nonblocking(name, flags | OpenFlag.CLOEXEC, mode);
  } finally {
    held.delete(name);
  }
}

/**
 * Writes as much of `bytes` as is taken.
 * @param bytes They must not change until the call has ended.
 * @returns How many bytes were taken; -1 if it has failed.
 */
export async function writeInPool(
  descriptor: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<number> {
  held.add(bytes);
  try {
    return await symbols.write_nonblocking(descriptor, bytes, BigInt(bytes.length));
  } finally {
    held.delete(bytes);
  }
}

/** Closes a descriptor. File systems as NFS and FUSE may have much to do then. An error is ignored. */
export async function closeInPool(descriptor: number): Promise<void> {
  await symbols.close_nonblocking(descriptor);
}

/**
 * Removes an empty folder. With a cgroup the kernel may have to wait for other changes of cgroups, as it does one at a time.
 * @returns Whether it has.
 */
export async function removeFolderInPool(path: string): Promise<boolean> {
  const name = cString(path);
  held.add(name);
  try {
    return await symbols.rmdir_nonblocking(name) === 0;
  } finally {
    held.delete(name);
  }
}

/** The kind of a file (statx(2)). */
export interface FileKind {
  readonly isFifo: boolean;
  /** Whether it is a character device. */
  readonly isDevice: boolean;
  /** The device of its file system, as `major:minor`. */
  readonly device: string;
}

const AT_FDCWD = -100;
const STATX_TYPE = 1;
// struct statx: 256 bytes; stx_mode, 2 of them, at 28, stx_dev_major and stx_dev_minor at 136 and 140.
const STATX_BYTES = 256;
const STX_MODE = 28;
const STX_DEV_MAJOR = 136;
const STX_DEV_MINOR = 140;
const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;

/** The kind of a file; undefined if there is none, or it can't be looked at. */
export async function fileKindInPool(path: string): Promise<FileKind | undefined> {
  const name = cString(path);
  const statx = new DataView(new ArrayBuffer(STATX_BYTES));
  held.add(name).add(statx);
  try {
    const result = await symbols.statx_nonblocking(AT_FDCWD, name, 0, STATX_TYPE, statx.buffer);
    if (result === -1) return undefined;
    const type = statx.getUint16(STX_MODE, true) & S_IFMT;
    const [major, minor] = [STX_DEV_MAJOR, STX_DEV_MINOR].map((at) => statx.getUint32(at, true));
    return { isFifo: type === S_IFIFO, isDevice: type === S_IFCHR, device: `${major}:${minor}` };
  } finally {
    held.delete(name);
    held.delete(statx);
  }
}

/** A file system (statfs(2)). */
export interface FileSystem {
  /** Whether it is on a disk or in memory: then closing a file needs no answer of a server or a FUSE daemon. */
  readonly isLocal: boolean;
  /** Whether it has no room left. */
  readonly isFull: boolean;
}

/** f_type of ext2 to ext4, XFS, Btrfs, F2FS and tmpfs (linux/magic.h). */
const LOCAL_TYPES = [0xef53n, 0x5846_5342n, 0x9123_683en, 0xf2f5_2010n, 0x0102_1994n];
// struct statfs on 64-bit machines: 120 bytes; f_type at 0; f_bavail, the free blocks for users other than root, at 32.
const STATFS_BYTES = 120;
const F_BAVAIL = 32;

/** The file system of an open file; undefined if that can't be found out. */
export async function fileSystemInPool(descriptor: number): Promise<FileSystem | undefined> {
  const statfs = new DataView(new ArrayBuffer(STATFS_BYTES));
  held.add(statfs);
  try {
    if (await symbols.fstatfs_nonblocking(descriptor, statfs.buffer) === -1) return undefined;
    return {
      isLocal: LOCAL_TYPES.includes(statfs.getBigUint64(0, true)),
      isFull: statfs.getBigUint64(F_BAVAIL, true) === 0n,
    };
  } finally {
    held.delete(statfs);
  }
}
