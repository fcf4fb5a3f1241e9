/** Processes: the child subreaper, waiting, signals. */
import { readText } from "./kernel_files.ts";
import { check, Errno, lastErrno, symbols, SystemError } from "./library.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const PR_SCHED_CORE = 62;
const PR_SCHED_CORE_CREATE = 1;
const PR_SCHED_CORE_SCOPE_PROCESS_GROUP = 2;

const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 0x1;
const WEXITED = 0x4;
const WNOWAIT = 0x0100_0000;
const CLD_EXITED = 1;

/** Makes this process the parent of all its descendants' orphans, see prctl(2). */
export function becomeSubreaper(): void {
  check(symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n), "prctl PR_SET_CHILD_SUBREAPER");
}

/** Gives this process group a core-scheduling cookie, which its children inherit (prctl(2), Linux 5.14). */
export function createCoreSchedulingCookie(): void {
  check(
    symbols.prctl(
      PR_SCHED_CORE,
      BigInt(PR_SCHED_CORE_CREATE),
      0n,
      BigInt(PR_SCHED_CORE_SCOPE_PROCESS_GROUP),
      0n,
    ),
    "prctl PR_SCHED_CORE",
  );
}

/** A child that exited, and how. */
export interface WaitStatus {
  readonly pid: number;
  /** The exit code, or 128 + the signal that killed it, as shells and containerd have it. */
  readonly status: number;
  /** The signal that killed it, if one did. */
  readonly signal: number | undefined;
}

// siginfo_t of SIGCHLD: si_signo, si_errno, si_code as int at 0, 4, 8; si_pid at 16; si_status at 24; 128 bytes in all.
const SIGINFO_BYTES = 128;
const siginfo = new DataView(new ArrayBuffer(SIGINFO_BYTES));

function waitid(idType: number, id: number, options: number): WaitStatus | undefined {
  siginfo.setInt32(16, 0, true);
  while (symbols.waitid(idType, id, siginfo.buffer, options | WEXITED | WNOHANG) === -1) {
    const errno = lastErrno();
    if (errno === Errno.EINTR) continue;
    if (errno === Errno.ECHILD) return undefined;
    throw new SystemError("waitid", errno);
  }
  return siginfo.getInt32(16, true) === 0 ? undefined : toWaitStatus(siginfo);
}

function toWaitStatus(siginfo: DataView): WaitStatus {
  const pid = siginfo.getInt32(16, true);
  const value = siginfo.getInt32(24, true);
  if (siginfo.getInt32(8, true) === CLD_EXITED) return { pid, status: value, signal: undefined };
  return { pid, status: 128 + value, signal: value };
}

/** Looks at a child that has exited, whichever the kernel finds first, and leaves it a zombie (waitid(2), WNOWAIT). */
export function peekExited(): WaitStatus | undefined {
  return waitid(P_ALL, 0, WNOWAIT);
}

/** Reaps this child if it has exited. */
export function reap(pid: number): WaitStatus | undefined {
  return waitid(P_PID, pid, 0);
}

/**
 * Waits in a thread of Deno's pool for a child to exit, and reaps it. Only for who has no reaper, and for a child that is not Deno's.
 * @throws {Error} where there is no such child.
 */
export async function awaitExit(pid: number): Promise<WaitStatus> {
  const siginfo = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  // Signals are handled by other threads; and errno, which belongs to the pool's thread, can't be asked for here.
  if (await symbols.waitid_nonblocking(P_PID, pid, siginfo.buffer, WEXITED) === 0) {
    return toWaitStatus(siginfo);
  }
  throw new Error(`can't wait for process ${pid}: it is no child`);
}

/** Whether this pid is a child of ours that was not reaped yet, running or zombie. */
export function isChild(pid: number): boolean {
  return symbols.waitid(P_PID, pid, siginfo.buffer, WEXITED | WNOHANG | WNOWAIT) === 0;
}

/** Whether there is any child of ours, running or zombie. */
export function hasChildren(): boolean {
  return symbols.waitid(P_ALL, 0, siginfo.buffer, WEXITED | WNOHANG | WNOWAIT) === 0;
}

const PF_EXITING = 0x4;

/** Whether a process is ending or has ended: that closes its descriptors some time before its parent is told. */
export function isExiting(pid: number): boolean {
  const fields = statFields(pid);
  return fields === undefined || (Number(fields[6]) & PF_EXITING) !== 0;
}

/**
 * What /proc/PID/stat has behind the process's name, which may hold anything: the state, the parent, four numbers, the flags, and more
 * (proc(5)). Undefined where there is no such process.
 */
export function statFields(pid: number): string[] | undefined {
  try {
    const stat = readText(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/**
 * Sends a signal to a process, or with a negative pid to a process group. Only for children not reaped yet: any other pid may be
 * another process by now.
 * @throws {SystemError} ESRCH where there is no such process, EINVAL where there is no such signal.
 */
export function kill(pid: number, signal: number): void {
  check(symbols.kill(pid, signal), () => `kill ${pid} with signal ${signal}`);
}

/** {@linkcode kill}, or nothing where there is no such process any more. */
export function killIfThere(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== Errno.ESRCH) throw error;
  }
}
