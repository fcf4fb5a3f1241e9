/** What a process waits for, as far as the kernel tells. */
import { linkOf, type Process, textOf } from "./processes.ts";

/**
 * The system calls that wait, by their numbers on x86-64 and on arm64 (asm/unistd.h). Those that wait for a descriptor have it for their
 * first argument.
 */
const SYSTEM_CALLS: readonly (readonly [name: string, x86: number, arm: number, of?: "file"])[] = [
  ["read", 0, 63, "file"],
  ["write", 1, 64, "file"],
  ["poll", 7, -1],
  ["readv", 19, 65, "file"],
  ["writev", 20, 66, "file"],
  ["select", 23, -1],
  ["pause", 34, -1],
  ["nanosleep", 35, 101],
  ["connect", 42, 203, "file"],
  ["accept", 43, 202, "file"],
  ["recvfrom", 45, 207, "file"],
  ["sendmsg", 46, 211, "file"],
  ["recvmsg", 47, 212, "file"],
  ["wait4", 61, 260],
  ["semop", 65, 193],
  ["msgrcv", 70, 188],
  ["fcntl", 72, 25, "file"],
  ["flock", 73, 32, "file"],
  ["fsync", 74, 82, "file"],
  ["rt_sigsuspend", 130, 133],
  ["rt_sigtimedwait", 128, 137],
  ["futex", 202, 98],
  ["epoll_wait", 232, -1, "file"],
  ["clock_nanosleep", 230, 115],
  ["waitid", 247, 95],
  ["openat", 257, 56],
  ["pselect6", 270, 72],
  ["ppoll", 271, 73],
  ["splice", 275, 76, "file"],
  ["epoll_pwait", 281, 22, "file"],
  ["accept4", 288, 242, "file"],
  ["io_uring_enter", 426, 426, "file"],
  ["epoll_pwait2", 441, 441, "file"],
];

const NUMBER = Deno.build.arch === "aarch64" ? 2 : 1;

/** What its state says already, by its letter in /proc/PID/stat. */
const STATES: Readonly<Record<string, string>> = {
  R: "runs",
  T: "is stopped by a signal",
  t: "is stopped by a debugger",
  Z: "has ended; its parent has not reaped it",
  X: "has ended",
};

/** What a process waits for: a system call, and the file it is for, or the kernel's function; `runs` where it does not wait. */
export function waitsFor({ pid, state }: Process): string {
  if (state in STATES) return STATES[state];
  const disk = state === "D" ? " (can't be interrupted)" : "";
  return (systemCall(pid) ?? kernelFunction(pid) ?? "waits") + disk;
}

function systemCall(pid: number): string | undefined {
  const [number, ...args] = textOf(`/proc/${pid}/syscall`)?.trim().split(" ") ?? [];
  if (!/^\d+$/.test(number ?? "")) return undefined;
  const call = SYSTEM_CALLS.find((each) => each[NUMBER] === Number(number));
  if (call === undefined) return kernelFunction(pid) ?? `system call ${number}`;
  const [name, , , of] = call;
  if (of === undefined) return name;
  const descriptor = Number(args[0]);
  const target = linkOf(`/proc/${pid}/fd/${descriptor}`);
  return `${name} of ${descriptor}${target ? ` (${target})` : ""}`;
}

/** Many kernels don't tell it. */
function kernelFunction(pid: number): string | undefined {
  const name = textOf(`/proc/${pid}/wchan`);
  return name && name !== "0" ? name : undefined;
}
