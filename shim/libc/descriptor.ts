/**
 * Raw file descriptors. All are close-on-exec: a child that inherits the writing end of a pipe or FIFO keeps its reader from ever
 * seeing the end of file.
 */
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

const SYS_CLOSE_RANGE = 436n;
const CLOSE_RANGE_CLOEXEC = 4;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_ADD_SEALS = 1033;
const F_SEAL_GROW = 4;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;

/** Flags of open(2) (asm-generic/fcntl.h; those used here are the same on x86-64 and arm64). */
export const OpenFlag = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

/**
 * Opens a file.
 * @param flags Of {@linkcode OpenFlag}; CLOEXEC is added.
 * @throws {SystemError} If it can't be opened.
 */
export function open(path: string, flags: number, mode = 0): number {
  return check(symbols.open(cString(path), flags | OpenFlag.CLOEXEC, mode), () => `open ${path}`);
}

/** Closes a descriptor. An error is ignored: the descriptor is gone all the same (close(2)). */
export function close(descriptor: number): void {
  symbols.close(descriptor);
}

/** Does some work that is to take over a descriptor, and closes the descriptor if the work throws. */
export function orClose<Result>(descriptor: number, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    close(descriptor);
    throw error;
  }
}

/**
 * Makes all descriptors of this process but its standard streams close-on-exec, those that it has inherited, too. Deno.Command, given a
 * descriptor for a stream, lets the child inherit a further copy of it; Linux before 5.11 can't prevent that.
 */
export function closeAllOnExec(): void {
  symbols.syscall(SYS_CLOSE_RANGE, 3, 0xffff_ffff, CLOSE_RANGE_CLOEXEC);
}

/** Makes a copy of a descriptor, with the number `minimum` or a higher one. */
export function duplicate(descriptor: number, minimum = 0): number {
  return check(symbols.fcntl(descriptor, F_DUPFD_CLOEXEC, minimum), "fcntl F_DUPFD_CLOEXEC");
}

/** Makes `target` a copy of `source`, after closing what it was before. Children inherit it. */
export function redirect(source: number, target: number): void {
  check(symbols.dup2(source, target), "dup2");
}

/** The two ends of a pipe. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * Makes a pipe.
 * @param flags Of {@linkcode OpenFlag}, for both ends; CLOEXEC is added.
 */
export function pipe(flags = 0): Pipe {
  const ends = new Int32Array(2);
  check(symbols.pipe2(ends, flags | OpenFlag.CLOEXEC), "pipe2");
  return { read: ends[0], write: ends[1] };
}

/**
 * Makes a file in memory that is gone with its last descriptor (memfd_create(2)).
 * @param name What /proc shows of it.
 * @param bytes Its size; it is full of NULs at first. It can't grow: a write behind its end fails (EPERM).
 */
export function memoryFile(name: string, bytes: number): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const file = check(symbols.memfd_create(cString(name), flags), "memfd_create");
  check(symbols.ftruncate(file, BigInt(bytes)), "ftruncate");
  check(symbols.fcntl(file, F_ADD_SEALS, F_SEAL_GROW), "fcntl F_ADD_SEALS");
  return file;
}

/** Makes reads and writes of a descriptor fail with EAGAIN where they would wait. */
export function setNonblocking(descriptor: number): void {
  check(symbols.fcntl(descriptor, F_SETFL, OpenFlag.NONBLOCK), "fcntl F_SETFL");
}

/** Asks for a pipe buffer of so many bytes. The kernel may refuse it (fs.pipe-user-pages-soft); the pipe works all the same. */
export function growPipe(descriptor: number, bytes: number): void {
  symbols.fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

const FIONREAD = 0x541bn;
const unread = new Int32Array(1);

/** How many bytes wait to be read in a pipe, FIFO or terminal; 0 for anything else (ioctl FIONREAD, pipe(7)). */
export function unreadBytes(descriptor: number): number {
  return symbols.ioctl(descriptor, FIONREAD, unread) === -1 ? 0 : unread[0];
}

/** Changes the owner of a descriptor's file. */
export function changeOwner(descriptor: number, uid: number, gid: number): void {
  check(symbols.fchown(descriptor, uid, gid), `fchown to ${uid}:${gid}`);
}

/**
 * Does some synchronous work with another current directory. No other JavaScript runs meanwhile, and no other thread uses relative
 * paths.
 * @throws {SystemError} If there is no such directory.
 */
export function inDirectory<Result>(path: string, work: () => Result): Result {
  const home = open(".", OpenFlag.PATH);
  try {
    const directory = open(path, OpenFlag.PATH);
    try {
      check(symbols.fchdir(directory), () => `change to ${path}`);
      return work();
    } finally {
      close(directory);
    }
  } finally {
    symbols.fchdir(home);
    close(home);
  }
}

/** Reads into `buffer`. Returns how many bytes were read, 0 at the end of the file, or -1 if there are none now (EAGAIN). */
export function read(descriptor: number, buffer: Uint8Array<ArrayBuffer>): number {
  return unlessAgain("read", () => symbols.read(descriptor, buffer, BigInt(buffer.length)));
}

/**
 * Reads up to the end of the file, and waits for that also if the descriptor is nonblocking.
 * @param limit The most bytes to read; the others are left.
 */
export function readAll(descriptor: number, limit = Infinity): Uint8Array<ArrayBuffer> {
  let data = new Uint8Array(4096);
  let length = 0;
  while (length < limit) {
    const count = read(descriptor, data.subarray(length, limit));
    if (count === 0) break;
    if (count === -1) waitUntilReadable(descriptor);
    else length += count;
    if (length === data.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(data);
      data = larger;
    }
  }
  return data.subarray(0, length);
}

const POLLIN = 1;

/** Waits until there is something to read, or the end of the file (poll(2)). */
function waitUntilReadable(descriptor: number): void {
  // struct pollfd: int fd, short events, short revents.
  const watched = new DataView(new ArrayBuffer(8));
  watched.setInt32(0, descriptor, true);
  watched.setInt16(4, POLLIN, true);
  // A signal may end it early (EINTR); the caller tries again.
  symbols.poll(watched.buffer, 1n, -1);
}

/** Writes as much of `buffer` as is taken. Returns how many bytes that were, or -1 if none are taken now (EAGAIN). */
export function write(descriptor: number, buffer: Uint8Array<ArrayBuffer>): number {
  return unlessAgain("write", () => symbols.write(descriptor, buffer, BigInt(buffer.length)));
}

/**
 * Writes all of `bytes`, to what is no nonblocking descriptor.
 * @throws {SystemError} If it is not taken, or not within the time that a socket has for it (SO_SNDTIMEO).
 */
export function writeAll(descriptor: number, bytes: Uint8Array<ArrayBuffer>): void {
  for (let count, written = 0; written < bytes.length; written += count) {
    count = write(descriptor, bytes.subarray(written));
    if (count === -1) throw new SystemError("write", Errno.EAGAIN);
  }
}

/**
 * Writes a text as a file of its own, which only its owner may read (0600) if it was not there. (Deno's own function takes 0.6 ms where it
 * has not been called for a while; this one is compiled for an exit when a Create has used it.)
 * @throws {SystemError} If it can't be made, or has no room for all of it; a part may be there then.
 */
export function writeFile(path: string, text: string): void {
  const file = open(path, OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.TRUNC, 0o600);
  try {
    writeAll(file, new TextEncoder().encode(text));
  } finally {
    close(file);
  }
}

/**
 * Moves up to so many bytes from one descriptor to another inside the kernel (splice(2)); one of the two must be a pipe or FIFO.
 * @returns How many were moved; 0 at the end of the source; -1 if the source is empty or the target is full now (EAGAIN).
 * @throws {SystemError} EPIPE if the target has no reader.
 */
export function splice(source: number, target: number, bytes: number): number {
  const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  return unlessAgain(
    "splice",
    () => symbols.splice(source, null, target, null, BigInt(bytes), flags),
  );
}

/** Repeats a call that a signal has interrupted; -1 stands for EAGAIN. */
function unlessAgain(name: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno === Errno.EAGAIN) return -1;
    if (errno !== Errno.EINTR) throw new SystemError(name, errno);
  }
}
