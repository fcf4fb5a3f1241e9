/** What a module has open: descriptors of this process, as the WASI library wants them. */
import { Fd, wasi } from "@bjorn3/browser_wasi_shim";
import { errnoOf, WasiError } from "./errno.ts";
import { call, cString } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BYTES = 256;
const F_GETFL = 3;
const F_SETFL = 4;
const UTIME_NOW = (1n << 30n) - 1n;
const UTIME_OMIT = (1n << 30n) - 2n;
const NANOSECONDS = 1_000_000_000n;

/** Flags of open(2) (asm-generic/fcntl.h). Two of them are others on arm64. */
const O = {
  WRONLY: 1,
  RDWR: 2,
  ACCMODE: 3,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  DIRECTORY: Deno.build.arch === "aarch64" ? 0o40000 : 0o200000,
  NOFOLLOW: Deno.build.arch === "aarch64" ? 0o100000 : 0o400000,
  CLOEXEC: 0o2000000,
  SYNC: 0o4010000,
};

/** WASI's `lookupflags`. */
const SYMLINK_FOLLOW = 1;

/** A module that asks for more at once gets less, as read(2) may give. */
const READ_BYTES = 1 << 20;
const DIRENT_BYTES = 32 * 1024;

const right = (bit: number) => 1n << BigInt(bit);
const FD_READ = right(1);
const FD_WRITE = right(6);
const FD_ALLOCATE = right(8);
const FD_FILESTAT_SET_SIZE = right(22);
/** Without those of sockets. */
const EVERY_RIGHT = (1n << 28n) - 1n;
/** fd_seek, fd_tell: a character device that has not both of them is a terminal for wasi-libc. */
const SEEKING = right(2) | right(5);
/** What a folder, or a character device, has not; nor has it a position. */
const NO_RIGHTS: Readonly<Record<number, bigint>> = {
  [wasi.FILETYPE_DIRECTORY]: FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | SEEKING,
  [wasi.FILETYPE_CHARACTER_DEVICE]: SEEKING,
};

/** S_IFMT and what it can be (inode(7)); a FIFO has no type in WASI. */
const FILE_TYPES: Readonly<Record<number, number>> = {
  0o020000: wasi.FILETYPE_CHARACTER_DEVICE,
  0o040000: wasi.FILETYPE_DIRECTORY,
  0o060000: wasi.FILETYPE_BLOCK_DEVICE,
  0o100000: wasi.FILETYPE_REGULAR_FILE,
  0o120000: wasi.FILETYPE_SYMBOLIC_LINK,
  0o140000: wasi.FILETYPE_SOCKET_STREAM,
};

/** The library's own has the times at the wrong places. */
class Filestat extends wasi.Filestat {
  override write_bytes(view: DataView, pointer: number): void {
    view.setBigUint64(pointer, this.dev, true);
    view.setBigUint64(pointer + 8, this.ino, true);
    view.setUint8(pointer + 16, this.filetype);
    [this.nlink, this.size, this.atim, this.mtim, this.ctim].forEach((value, index) =>
      view.setBigUint64(pointer + 24 + 8 * index, value, true)
    );
  }
}

/**
 * A path below an open folder, for the kernel.
 * @throws {WasiError} NOTCAPABLE where it leads out, as WASI wants it; where the links on it lead is another matter.
 */
function below(path: string): Uint8Array<ArrayBuffer> {
  let depth = 0;
  for (const name of path.split("/")) {
    if (name === "..") depth--;
    else if (name !== "" && name !== ".") depth++;
    if (depth < 0) break;
  }
  if (depth < 0 || path.startsWith("/")) throw new WasiError(wasi.ERRNO_NOTCAPABLE);
  if (path.includes("\0")) throw new WasiError(wasi.ERRNO_INVAL);
  return cString(path);
}

/** Looks at a file (statx(2)). */
function stat(descriptor: number, path: Uint8Array<ArrayBuffer>, flags: number): Filestat {
  const view = new DataView(new ArrayBuffer(STATX_BYTES));
  call("statx", descriptor, path, flags, STATX_BASIC_STATS, view.buffer);
  const type = FILE_TYPES[view.getUint16(28, true) & 0o170000] ?? wasi.FILETYPE_UNKNOWN;
  const time = (offset: number) =>
    view.getBigInt64(offset, true) * NANOSECONDS + BigInt(view.getUint32(offset + 8, true));
  const found = new Filestat(view.getBigUint64(32, true), type, view.getBigUint64(40, true));
  found.dev = BigInt(view.getUint32(136, true)) << 32n | BigInt(view.getUint32(140, true));
  found.nlink = BigInt(view.getUint32(16, true));
  [found.atim, found.ctim, found.mtim] = [time(64), time(96), time(112)];
  return found;
}

/** Two struct timespec, of the access and of the modification, as utimensat(2) wants them. */
function times(accessed: bigint, modified: bigint, flags: number): BigInt64Array<ArrayBuffer> {
  const time = (nanoseconds: bigint, set: number, now: number) => {
    if ((flags & now) !== 0) return [0n, UTIME_NOW];
    if ((flags & set) === 0) return [0n, UTIME_OMIT];
    return [nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS];
  };
  return BigInt64Array.from([
    ...time(accessed, wasi.FSTFLAGS_ATIM, wasi.FSTFLAGS_ATIM_NOW),
    ...time(modified, wasi.FSTFLAGS_MTIM, wasi.FSTFLAGS_MTIM_NOW),
  ]);
}

/** Whether a time is to be both, given and now. */
function contradicts(flags: number): boolean {
  const { FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW } = wasi;
  return [FSTFLAGS_ATIM | FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM | FSTFLAGS_MTIM_NOW]
    .some((both) => (flags & both) === both);
}

/** Flags of open(2) from those of WASI's `fdflags`. */
function statusFlags(flags: number): number {
  return (flags & wasi.FDFLAGS_APPEND ? O.APPEND : 0) |
    (flags & wasi.FDFLAGS_NONBLOCK ? O.NONBLOCK : 0) |
    (flags & wasi.FDFLAGS_DSYNC ? O.DSYNC : 0) |
    (flags & (wasi.FDFLAGS_SYNC | wasi.FDFLAGS_RSYNC) ? O.SYNC : 0);
}

/**
 * An open file or folder. Its paths are the kernel's to resolve, below the root that the process has: see root.ts. They may go up with
 * `..` as far as that, and follow links.
 */
export class HostFd extends Fd {
  #entries: wasi.Dirent[] = [];
  /** Where the kernel's next entries begin; undefined where nobody has read any. */
  #next: bigint | undefined;

  /**
   * @param descriptor Is closed by {@linkcode fd_close}.
   * @param preopened The name under which a module finds it from the beginning.
   */
  constructor(readonly descriptor: number, private readonly preopened?: string) {
    super();
  }

  /** Opens a folder that a module has from the beginning. */
  static preopen(path: string): HostFd {
    const flags = O.DIRECTORY | O.CLOEXEC;
    return new HostFd(call("openat", AT_FDCWD, cString(path), flags, 0), path);
  }

  override fd_close(): number {
    return errnoOf(() => call("close", this.descriptor));
  }

  override fd_read(size: number) {
    return this.#read(size, (data) => call("read", this.descriptor, data, BigInt(data.length)));
  }

  override fd_pread(size: number, offset: bigint) {
    const { descriptor } = this;
    return this.#read(
      size,
      (data) => call("pread", descriptor, data, BigInt(data.length), offset),
    );
  }

  #read(size: number, read: (data: Uint8Array<ArrayBuffer>) => number) {
    const data = new Uint8Array(Math.min(size, READ_BYTES));
    let length = 0;
    const ret = errnoOf(() => length = read(data));
    return { ret, data: data.subarray(0, length) };
  }

  override fd_write(data: Uint8Array<ArrayBuffer>) {
    let nwritten = 0;
    const size = BigInt(data.length);
    const ret = errnoOf(() => nwritten = call("write", this.descriptor, data, size));
    return { ret, nwritten };
  }

  override fd_pwrite(data: Uint8Array<ArrayBuffer>, offset: bigint) {
    let nwritten = 0;
    const size = BigInt(data.length);
    const ret = errnoOf(() => nwritten = call("pwrite", this.descriptor, data, size, offset));
    return { ret, nwritten };
  }

  override fd_seek(offset: bigint, whence: number) {
    let reached = 0;
    const ret = errnoOf(() => reached = call("lseek", this.descriptor, offset, whence));
    // That of a folder is nobody's but the kernel's.
    const isFolder = ret === 0 &&
      this.fd_filestat_get().filestat?.filetype === wasi.FILETYPE_DIRECTORY;
    return { ret: isFolder ? wasi.ERRNO_BADF : ret, offset: BigInt(reached) };
  }

  override fd_tell() {
    return this.fd_seek(0n, wasi.WHENCE_CUR);
  }

  override fd_sync(): number {
    return errnoOf(() => call("fsync", this.descriptor));
  }

  override fd_allocate(offset: bigint, length: bigint): number {
    return errnoOf(() => call("fallocate", this.descriptor, 0, offset, length));
  }

  override fd_filestat_set_size(size: bigint): number {
    return errnoOf(() => call("ftruncate", this.descriptor, size));
  }

  override fd_filestat_set_times(accessed: bigint, modified: bigint, flags: number): number {
    if (contradicts(flags)) return wasi.ERRNO_INVAL;
    return errnoOf(() => call("futimens", this.descriptor, times(accessed, modified, flags)));
  }

  override fd_filestat_get() {
    let filestat = null as Filestat | null;
    const ret = errnoOf(() => filestat = stat(this.descriptor, cString(""), AT_EMPTY_PATH));
    return { ret, filestat };
  }

  override fd_fdstat_get() {
    let fdstat: wasi.Fdstat | null = null;
    const ret = errnoOf(() => fdstat = this.#fdstat());
    return { ret, fdstat };
  }

  #fdstat(): wasi.Fdstat {
    const flags = call("fcntl", this.descriptor, F_GETFL, 0);
    const { filetype } = stat(this.descriptor, cString(""), AT_EMPTY_PATH);
    const fdstat = new wasi.Fdstat(
      filetype,
      (flags & O.APPEND ? wasi.FDFLAGS_APPEND : 0) |
        (flags & O.NONBLOCK ? wasi.FDFLAGS_NONBLOCK : 0) |
        (flags & O.DSYNC ? wasi.FDFLAGS_DSYNC : 0) |
        ((flags & O.SYNC) === O.SYNC ? wasi.FDFLAGS_SYNC : 0),
    );
    const access = flags & O.ACCMODE;
    fdstat.fs_rights_base = EVERY_RIGHT & ~(access === O.WRONLY ? FD_READ : 0n) &
      ~(access === 0 ? FD_WRITE : 0n) &
      ~(NO_RIGHTS[filetype] ?? 0n);
    if (filetype === wasi.FILETYPE_DIRECTORY) fdstat.fs_rights_inherited = EVERY_RIGHT;
    return fdstat;
  }

  override fd_fdstat_set_flags(flags: number): number {
    // The kernel takes no other one of an open file.
    if ((flags & ~(wasi.FDFLAGS_APPEND | wasi.FDFLAGS_NONBLOCK)) !== 0) return wasi.ERRNO_NOTSUP;
    return errnoOf(() => call("fcntl", this.descriptor, F_SETFL, statusFlags(flags)));
  }

  override fd_prestat_get() {
    if (this.preopened === undefined) return { ret: wasi.ERRNO_BADF, prestat: null };
    return { ret: wasi.ERRNO_SUCCESS, prestat: wasi.Prestat.dir(this.preopened) };
  }

  /** @param cookie 0, or the `d_next` of the entry before, which is where lseek(2) finds the next one. */
  override fd_readdir_single(cookie: bigint) {
    let dirent: wasi.Dirent | null = null;
    const ret = errnoOf(() => {
      const isNext = this.#next === cookie;
      if (!isNext) {
        call("lseek", this.descriptor, cookie, wasi.WHENCE_SET);
        this.#entries = [];
      }
      if (this.#entries.length === 0) this.#entries = this.#readEntries();
      dirent = this.#entries.shift() ?? null;
      this.#next = (dirent as wasi.Dirent | null)?.d_next ?? cookie;
    });
    return { ret, dirent };
  }

  /** The kernel's next entries (getdents64(2)): inode, offset of the next one, length, type as of S_IFMT shifted by 12, name. */
  #readEntries(): wasi.Dirent[] {
    const buffer = new Uint8Array(DIRENT_BYTES);
    const end = call("getdents64", this.descriptor, buffer, BigInt(buffer.length));
    const view = new DataView(buffer.buffer);
    const entries: wasi.Dirent[] = [];
    for (let at = 0; at < end; at += view.getUint16(at + 16, true)) {
      const name = buffer.subarray(at + 19, buffer.indexOf(0, at + 19));
      const type = FILE_TYPES[view.getUint8(at + 18) << 12] ?? wasi.FILETYPE_UNKNOWN;
      entries.push(
        new wasi.Dirent(
          view.getBigUint64(at + 8, true),
          view.getBigUint64(at, true),
          new TextDecoder().decode(name),
          type,
        ),
      );
    }
    return entries;
  }

  override path_open(
    lookup: number,
    path: string,
    how: number,
    rights: bigint,
    _inherited: bigint,
    fdFlags: number,
  ) {
    const writes = (rights & (FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE)) !== 0n;
    const access = !writes ? 0 : (rights & FD_READ) !== 0n ? O.RDWR : O.WRONLY;
    const flags = O.CLOEXEC | O.NOCTTY | access | statusFlags(fdFlags) |
      (how & wasi.OFLAGS_DIRECTORY ? O.DIRECTORY : 0) |
      (how & wasi.OFLAGS_CREAT ? O.CREAT : 0) |
      (how & wasi.OFLAGS_EXCL ? O.EXCL : 0) |
      (how & wasi.OFLAGS_TRUNC ? O.TRUNC : 0) |
      (lookup & SYMLINK_FOLLOW ? 0 : O.NOFOLLOW);
    let fd_obj: HostFd | null = null;
    const ret = errnoOf(() => {
      fd_obj = new HostFd(call("openat", this.descriptor, below(path), flags, 0o666));
    });
    return { ret, fd_obj };
  }

  override path_filestat_get(lookup: number, path: string) {
    let filestat: Filestat | null = null;
    const flags = lookup & SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    const ret = errnoOf(() => filestat = stat(this.descriptor, below(path), flags));
    return { ret, filestat };
  }

  override path_filestat_set_times(
    lookup: number,
    path: string,
    accessed: bigint,
    modified: bigint,
    flags: number,
  ): number {
    if (contradicts(flags)) return wasi.ERRNO_INVAL;
    const follow = lookup & SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    const given = times(accessed, modified, flags);
    return errnoOf(() => call("utimensat", this.descriptor, below(path), given, follow));
  }

  override path_create_directory(path: string): number {
    return errnoOf(() => call("mkdirat", this.descriptor, below(path), 0o777));
  }

  override path_remove_directory(path: string): number {
    return errnoOf(() => call("unlinkat", this.descriptor, below(path), AT_REMOVEDIR));
  }

  override path_unlink_file(path: string): number {
    return errnoOf(() => call("unlinkat", this.descriptor, below(path), 0));
  }

  /** The library would hand on an inode, which we have not, where this has two folders. */
  moveTo(path: string, folder: HostFd, newPath: string): number {
    return errnoOf(() =>
      call("renameat", this.descriptor, below(path), folder.descriptor, below(newPath))
    );
  }

  linkTo(lookup: number, path: string, folder: HostFd, newPath: string): number {
    const flags = lookup & SYMLINK_FOLLOW ? AT_SYMLINK_FOLLOW : 0;
    return errnoOf(() =>
      call("linkat", this.descriptor, below(path), folder.descriptor, below(newPath), flags)
    );
  }

  makeSymbolicLink(target: string, path: string): number {
    return errnoOf(() => call("symlinkat", cString(target), this.descriptor, below(path)));
  }

  /** As much of a link's target as goes into a buffer. */
  readSymbolicLink(path: string, buffer: Uint8Array<ArrayBuffer>) {
    let length = 0;
    const size = BigInt(buffer.length);
    const ret = errnoOf(() => {
      length = call("readlinkat", this.descriptor, below(path), buffer, size);
    });
    return { ret, length };
  }
}
