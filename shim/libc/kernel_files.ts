/**
 * Files and folders of /proc and /sys, past Deno's own permission checks: Deno wants `--allow-all` for anything there, and the shim
 * runs with no more than it needs.
 */
import { close, open, OpenFlag, readAll } from "./descriptor.ts";
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

/**
 * Reads a whole file.
 * @throws {SystemError}
 */
export function readText(path: string): string {
  const descriptor = open(path, OpenFlag.RDONLY);
  try {
    return new TextDecoder().decode(readAll(descriptor));
  } finally {
    close(descriptor);
  }
}

/**
 * Reads an open file from its beginning, up to 4 KiB. One that poll(2) says has changed (EPOLLPRI) counts as unchanged then.
 * @throws {SystemError} ENODEV where what the file tells of is gone.
 */
export function readAgain(descriptor: number): string {
  const data = new Uint8Array(4096);
  const length = check(symbols.pread(descriptor, data, BigInt(data.length), 0n), "pread");
  return new TextDecoder().decode(data.subarray(0, length));
}

/**
 * Writes a text to an existing file in one write(2), as the kernel wants it.
 * @throws {SystemError}
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

/**
 * Whether there is a file or a folder. It takes no descriptor, of which there may be none left.
 * @throws {SystemError} where that can't be found out.
 */
export function isThere(path: string): boolean {
  const statx = new Uint8Array(STATX_BYTES);
  if (symbols.statx(AT_FDCWD, cString(path), 0, 0, statx) === 0) return true;
  const errno = lastErrno();
  if (errno === Errno.ENOENT) return false;
  throw new SystemError(`look at ${path}`, errno);
}

/** PATH_MAX (limits.h). */
const PATH_BYTES = 4096;

/**
 * Where a symbolic link leads.
 * @throws {SystemError}
 */
export function readLink(path: string): string {
  const target = new Uint8Array(PATH_BYTES);
  const length = symbols.readlink(cString(path), target, BigInt(target.length));
  return new TextDecoder().decode(target.subarray(0, check(length, () => `readlink ${path}`)));
}

/** The numbers of the descriptors that this process has open, but for the one that it looks by. */
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
 * @throws {SystemError}
 */
export function listFolders(path: string): string[] {
  return list(path, DT_DIR).filter((name) => name !== "." && name !== "..");
}

function list(path: string, type: number): string[] {
  const directory = symbols.opendir(cString(path));
  if (directory === null) throw new SystemError(`open the folder ${path}`, lastErrno());
  const names: string[] = [];
  for (let entry; (entry = symbols.readdir(directory)) !== null;) {
    const view = new Deno.UnsafePointerView(entry);
    const name = view.getCString(D_NAME);
    if (view.getUint8(D_TYPE) === type) names.push(name);
  }
  symbols.closedir(directory);
  return names;
}

/**
 * Removes a folder: a cgroup (cgroups(7)) that has neither processes nor cgroups in it, though it is full of files.
 * @throws {SystemError} EBUSY where it has, ENOENT where there is none.
 */
export function removeFolder(path: string): void {
  check(symbols.rmdir(cString(path)), () => `remove the folder ${path}`);
}
