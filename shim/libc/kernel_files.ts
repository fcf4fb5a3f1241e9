/**
 * Files and folders of /proc and /sys. Deno's own functions want `--allow-all` for anything there, and the shim runs with named
 * permissions.
 */
import { close, open, OpenFlag, read, readAll } from "./descriptor.ts";
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

/**
 * Reads a whole file.
 * @throws {SystemError} If it can't be opened or read.
 */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  const descriptor = open(path, OpenFlag.RDONLY);
  try {
    return readAll(descriptor);
  } finally {
    close(descriptor);
  }
}

const decoder = new TextDecoder();

/** {@linkcode readBytes}, of a text in UTF-8. */
export function readText(path: string): string {
  return decoder.decode(readBytes(path));
}

/** What is read here is decoded at once: nothing has to be made, and thrown away, for each of the many files of a Stats. */
const page = new Uint8Array(4096);

/**
 * Reads a text that the kernel makes as a whole when it is read, as those of cgroups (its seq_file with a single record): a read that
 * leaves room has reached the end. In ASCII. Where many files may be missing this takes much less time than to catch as many errors.
 * @returns Undefined if there is no such file.
 */
export function readTextIfThere(path: string): string | undefined {
  const descriptor = symbols.open(cString(path), OpenFlag.RDONLY | OpenFlag.CLOEXEC, 0);
  if (descriptor === -1) {
    const errno = lastErrno();
    if (errno === Errno.ENOENT) return undefined;
    throw new SystemError(`open ${path}`, errno);
  }
  try {
    const count = read(descriptor, page);
    const text = decoder.decode(page.subarray(0, count));
    return count < page.length ? text : text + decoder.decode(readAll(descriptor));
  } finally {
    close(descriptor);
  }
}

/**
 * Reads up to 4 KiB of an open file from its beginning. A file whose changes poll(2) reports (EPOLLPRI) counts as unchanged from then
 * on.
 * @throws {SystemError} ENODEV if what the file describes, as a cgroup, is gone.
 */
export function readAgain(descriptor: number): string {
  const data = new Uint8Array(4096);
  const length = check(symbols.pread(descriptor, data, BigInt(data.length), 0n), "pread");
  return new TextDecoder().decode(data.subarray(0, length));
}

/**
 * Writes a text to an existing file, in one write(2) as the kernel wants it.
 * @throws {SystemError} If it can't be opened, or the kernel refuses the text.
 */
export function writeText(path: string, text: string): void {
  const descriptor = open(path, OpenFlag.WRONLY);
  try {
    const data = new TextEncoder().encode(text);
    check(symbols.write(descriptor, data, BigInt(data.length)), () => `write ${text} to ${path}`);
  } finally {
    close(descriptor);
  }
}

const AT_FDCWD = -100;
const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;

/**
 * Whether there is a file or a folder with this path. It needs no descriptor, of which there may be none left.
 * @throws {SystemError} If that can't be found out.
 */
export function isThere(path: string): boolean {
  const statx = new Uint8Array(STATX_BYTES);
  if (symbols.statx(AT_FDCWD, cString(path), 0, 0, statx) === 0) return true;
  const errno = lastErrno();
  if (errno === Errno.ENOENT) return false;
  throw new SystemError(`look at ${path}`, errno);
}

// struct statx (statx(2)): stx_ino is the 8 bytes at 32, stx_size those at 40, stx_mtime's seconds those at 112 with the nanoseconds in 4
// behind them, stx_dev_major and stx_dev_minor the two of 4 at 136.
const STX_INO = 32;
const STX_SIZE = 40;
const STX_MTIME = 112;
const STX_MTIME_NSEC = 120;
const STX_DEV_MAJOR = 136;
const STX_DEV_MINOR = 140;

/** What a path leads to. */
export interface Identity {
  /** Two paths have it in common if they lead to the same file, and only then. */
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** When it was changed, a folder by what is in it, in seconds since 1970. */
  readonly modified: number;
}

/**
 * Looks at what a path leads to; undefined where it leads nowhere. A symbolic link is followed, and one of /proc/PID to what the process
 * sees.
 */
export function identify(path: string): Identity | undefined {
  const statx = new DataView(new ArrayBuffer(STATX_BYTES));
  if (symbols.statx(AT_FDCWD, cString(path), 0, STATX_BASIC_STATS, statx.buffer) !== 0) {
    return undefined;
  }
  const device = [STX_DEV_MAJOR, STX_DEV_MINOR].map((at) => statx.getUint32(at, true));
  return {
    id: `${device.join(":")} ${statx.getBigUint64(STX_INO, true)}`,
    size: Number(statx.getBigUint64(STX_SIZE, true)),
    modified: Number(statx.getBigInt64(STX_MTIME, true)) +
      statx.getUint32(STX_MTIME_NSEC, true) / 1e9,
  };
}

/** PATH_MAX (limits.h). */
const PATH_BYTES = 4096;

/**
 * The target of a symbolic link.
 * @throws {SystemError} If there is no such link.
 */
export function readLink(path: string): string {
  const target = new Uint8Array(PATH_BYTES);
  const length = symbols.readlink(cString(path), target, BigInt(target.length));
  return new TextDecoder().decode(target.subarray(0, check(length, () => `readlink ${path}`)));
}

/** The numbers of the descriptors that this process has open, without the one that this function itself needs. */
export function listDescriptors(): number[] {
  return list("/proc/self/fd", DT_LNK).map(Number);
}

// struct dirent of 64-bit Linux (readdir(3)): d_type is the byte at 18, d_name begins at 19.
const D_TYPE = 18;
const D_NAME = 19;
const DT_DIR = 4;
const DT_LNK = 10;

/**
 * The names of the folders in a folder.
 * @throws {SystemError} If the folder can't be opened.
 */
export function listFolders(path: string): string[] {
  return list(path, DT_DIR).filter((name) => name !== "." && name !== "..");
}

/**
 * The names of all that is in a folder.
 * @throws {SystemError} If the folder can't be opened.
 */
export function listNames(path: string): string[] {
  return list(path).filter((name) => name !== "." && name !== "..");
}

function list(path: string, type?: number): string[] {
  const directory = symbols.opendir(cString(path));
  if (directory === null) throw new SystemError(`open the folder ${path}`, lastErrno());
  const names: string[] = [];
  for (let entry; (entry = symbols.readdir(directory)) !== null;) {
    const view = new Deno.UnsafePointerView(entry);
    const name = view.getCString(D_NAME);
    if (type === undefined || view.getUint8(D_TYPE) === type) names.push(name);
  }
  symbols.closedir(directory);
  return names;
}

/**
 * Removes an empty folder. A cgroup (cgroups(7)) counts as empty if it has neither processes nor cgroups in it.
 * @throws {SystemError} EBUSY if the cgroup has some, ENOENT if there is no such folder.
 */
export function removeFolder(path: string): void {
  check(symbols.rmdir(cString(path)), () => `remove the folder ${path}`);
}

/**
 * Makes a folder, such as a cgroup.
 * @throws {SystemError} EEXIST where there is one.
 */
export function makeFolder(path: string): void {
  check(symbols.mkdir(cString(path), 0o755), () => `make the folder ${path}`);
}
