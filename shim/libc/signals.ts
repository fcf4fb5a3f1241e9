/** Signals that are blocked and read from a descriptor (signal(7), signalfd(2)). */
import { OpenFlag, read } from "./descriptor.ts";
import { check, symbols } from "./library.ts";

/** The size of glibc's sigset_t, in which signal N is bit N - 1. */
const SIGNAL_SET_BYTES = 128;

/** Signals, see signal(7); the numbers are the same on x86-64 and arm64. */
export const SIGKILL = 9;
/** See {@linkcode SIGKILL}. */
export const SIGUSR1 = 10;
/** See {@linkcode SIGKILL}. */
export const SIGPIPE = 13;
/** See {@linkcode SIGKILL}. */
export const SIGTERM = 15;
const SIGCHLD = 17;
const SIGCONT = 18;
/** See {@linkcode SIGKILL}. */
export const SIGSTOP = 19;
const SIGURG = 23;
const SIGWINCH = 28;
const LAST_SIGNAL = 64;
/** The signals that glibc needs for its threads (nptl(7)). */
const NPTL_SIGNALS = [32, 33];

/** The numbers of all signals. */
export const ALL_SIGNALS: readonly number[] = Array.from(
  { length: LAST_SIGNAL },
  (_, index) => index + 1,
);

/**
 * The signals that a server blocks from its first moment on: all that would end or stop it, and SIGUSR1, by which Deno opens its
 * inspector. The kernel ends a process for a fault of its own all the same, as by SIGSEGV.
 */
export const BLOCKED_SIGNALS: readonly number[] = ALL_SIGNALS.filter((signal) =>
  ![SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, ...NPTL_SIGNALS].includes(signal)
);

/** A set of signals as a sigset_t. */
export function signalSet(signals: readonly number[]): Uint8Array<ArrayBuffer> {
  const set = new Uint8Array(SIGNAL_SET_BYTES);
  for (const signal of signals) set[(signal - 1) >> 3] |= 1 << ((signal - 1) & 7);
  return set;
}

/** Makes a nonblocking descriptor from which blocked signals are read. */
export function signalDescriptor(signals: readonly number[]): number {
  // SFD_NONBLOCK and SFD_CLOEXEC are the flags of open(2).
  const flags = OpenFlag.NONBLOCK | OpenFlag.CLOEXEC;
  return check(symbols.signalfd(-1, signalSet(signals), flags), "signalfd");
}

/** A signal that has come. */
export interface Signal {
  readonly signal: number;
  /** The pid of its sender; 0 for the kernel. */
  readonly sender: number;
}

// struct signalfd_siginfo: ssi_signo at 0, ssi_pid at 12, 4 bytes each; 128 bytes in all.
const SIGNALFD_SIGINFO_BYTES = 128;
const info = new DataView(new ArrayBuffer(SIGNALFD_SIGINFO_BYTES));

/** Takes the next signal from a {@linkcode signalDescriptor}, if one has come. */
export function takeSignal(descriptor: number): Signal | undefined {
  if (read(descriptor, new Uint8Array(info.buffer)) !== SIGNALFD_SIGINFO_BYTES) return undefined;
  return { signal: info.getUint32(0, true), sender: info.getUint32(12, true) };
}
