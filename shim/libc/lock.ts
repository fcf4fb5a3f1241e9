/** Locks on open files (flock(2)): they belong to the open file description, so whoever has inherited the descriptor holds them, too. */
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const AT_EMPTY_PATH = 0x1000;
const STATX_NLINK = 4;

const noPath = cString("");
// struct statx: 256 bytes, stx_nlink at 16.
const status = new DataView(new ArrayBuffer(256));

/** Takes the lock on what a descriptor is of, if nobody else holds it; whether that was so. */
export function tryLock(descriptor: number): boolean {
  if (symbols.flock(descriptor, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = lastErrno();
  if (errno === Errno.EAGAIN) return false;
  throw new SystemError("flock", errno);
}

/** Waits in a thread of Deno's pool, as long as it takes, until the lock on what a descriptor is of is held. */
export async function lock(descriptor: number): Promise<void> {
  // Of flock(2)'s errors only EINTR can happen, and errno can't be asked for here.
  while (await symbols.flock_nonblocking(descriptor, LOCK_EX) === -1);
}

/** Whether the file that a descriptor is of still has a name. */
export function isLinked(descriptor: number): boolean {
  const { buffer } = status;
  check(symbols.statx(descriptor, noPath, AT_EMPTY_PATH, STATX_NLINK, buffer), "statx");
  return status.getUint32(16, true) > 0;
}
