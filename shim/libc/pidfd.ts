/** Descriptors of processes (pidfd_open(2), Linux 5.3), which never come to name another process that gets the same pid later. */
import { close } from "./descriptor.ts";
import { symbols } from "./library.ts";

const SYS_PIDFD_OPEN = 434n;
const POLLIN = 1;
/** struct pollfd: int fd, short events, short revents. */
const POLLFD_BYTES = 8;

/**
 * Opens a descriptor of a process, which is readable (epoll(7)) when that has ended.
 * @returns Undefined if there is no such process any more, or the kernel is older.
 */
export function openPidfd(pid: number): number | undefined {
  const descriptor = Number(symbols.syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  return descriptor === -1 ? undefined : descriptor;
}

/**
 * Waits until processes have ended, children or not, or so many milliseconds have passed. It may be called before they are killed: it
 * waits for the processes that have the pids at the time of the call.
 */
export async function awaitEnds(pids: readonly number[], milliseconds: number): Promise<void> {
  const descriptors = pids.map(openPidfd).filter((descriptor) => descriptor !== undefined);
  const end = performance.now() + milliseconds;
  try {
    for (const descriptor of descriptors) {
      const watched = new DataView(new ArrayBuffer(POLLFD_BYTES));
      watched.setInt32(0, descriptor, true);
      watched.setInt16(4, POLLIN, true);
      const rest = Math.max(0, Math.ceil(end - performance.now()));
      await symbols.poll_nonblocking(watched.buffer, 1n, rest);
    }
  } finally {
    for (const descriptor of descriptors) close(descriptor);
  }
}
