/** Locks on files (flock(2)). A lock belongs to the open file description, so whoever inherits the descriptor holds it, too. */
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const AT_EMPTY_PATH = 0x1000;
const STATX_NLINK = 4;

const noPath = cString("");
// struct statx: 256 bytes, stx_nlink at 16.
const status = new DataView(new ArrayBuffer(256));

/** Takes the lock on a descriptor's file, if nobody else holds it; returns whether it was taken. */
export function tryLock(descriptor: number): boolean {
  if (symbols.flock(descriptor, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = lastErrno();
  if (errno === Errno.EAGAIN) return false;
  throw new SystemError("flock", errno);
}

/** Waits in a thread of Deno's pool, without a bound, until the lock on a descriptor's file is taken. */
export async function lock(descriptor: number): Promise<void> {
  // Of the errors of flock(2) only EINTR is possible; errno belongs to the pool's thread and can't be read here.
  while (await symbols.flock_nonblocking(descriptor, LOCK_EX) === -1);
}

/** Whether a descriptor's file still has a name in any folder. */
export function isLinked(descriptor: number): boolean {
  const { buffer } = status;
  check(symbols.statx(descriptor, noPath, AT_EMPTY_PATH, STATX_NLINK, buffer), "statx");
  return status.getUint32(16, true) > 0;
}
