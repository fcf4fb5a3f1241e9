/** Processes: the child subreaper, waiting for children, and sending signals. */
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

/** Looks for a child that has exited, and leaves it a zombie (waitid(2), WNOWAIT). The kernel chooses which, if there are several. */
export function peekExited(): WaitStatus | undefined {
  return waitid(P_ALL, 0, WNOWAIT);
}

/** Reaps a child if it has exited. */
export function reap(pid: number): WaitStatus | undefined {
  return waitid(P_PID, pid, 0);
}

/**
 * Waits in a thread of Deno's pool for a child to exit, and reaps it. A program with a Reaper must not call it, and the child must not
 * be one that Deno has spawned.
 * @throws {Error} If there is no such child.
 */
export async function awaitExit(pid: number): Promise<WaitStatus> {
  const siginfo = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  // It is not interrupted (EINTR), as other threads handle signals. Errno belongs to the pool's thread and can't be read here.
  if (await symbols.waitid_nonblocking(P_PID, pid, siginfo.buffer, WEXITED) === 0) {
    return toWaitStatus(siginfo);
  }
  throw new Error(`can't wait for process ${pid}: it is no child`);
}

/** Whether a pid is that of a child of ours, running or zombie. */
export function isChild(pid: number): boolean {
  return symbols.waitid(P_PID, pid, siginfo.buffer, WEXITED | WNOHANG | WNOWAIT) === 0;
}

/** Whether we have any child, running or zombie. */
export function hasChildren(): boolean {
  return symbols.waitid(P_ALL, 0, siginfo.buffer, WEXITED | WNOHANG | WNOWAIT) === 0;
}

/** ioprio_get(2), for which glibc has no function: its number, and IOPRIO_WHO_PROCESS. */
const SYS_IOPRIO_GET = Deno.build.arch === "aarch64" ? 31n : 252n;
const IOPRIO_WHO_PROCESS = 1;

/** The IO priority of a process: its class and level as ioprio_get(2) packs them. */
export function ioPriority(pid: number): number {
  return Number(symbols.syscall(SYS_IOPRIO_GET, IOPRIO_WHO_PROCESS, pid, 0));
}

const PF_EXITING = 0x4;

/** Whether a process is exiting or has ended. An exiting process closes its descriptors before its parent can wait for it. */
export function isExiting(pid: number): boolean {
  const fields = statFields(pid);
  return fields === undefined || (Number(fields[6]) & PF_EXITING) !== 0;
}

/**
 * The fields of /proc/PID/stat behind the process's name (proc(5)): the state, the parent's pid, four numbers, the flags, and more.
 * Undefined if there is no such process.
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
 * Sends a signal to a process, or with a negative pid to a process group. It should be a child that was not reaped yet: any other
 * process may have ended, and its pid may be another one's by now.
 * @throws {SystemError} ESRCH if there is no such process, EINVAL if there is no such signal.
 */
export function kill(pid: number, signal: number): void {
  check(symbols.kill(pid, signal), () => `kill ${pid} with signal ${signal}`);
}

/** {@linkcode kill}, which does nothing if there is no such process any more. */
export function killIfThere(pid: number, signal: number): void {
  try {
    kill(pid, signal);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== Errno.ESRCH) throw error;
  }
}
