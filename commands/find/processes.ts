/** The processes of this machine, as far as /proc tells. What can't be read is left out: a process may end meanwhile. */
import { listNames, readLink, readText, statFields } from "../../shim/libc/mod.ts";

/** How many clock ticks of /proc make a second (USER_HZ), on every machine that Deno runs on. */
const TICKS = 100;

// Positions in what statFields() returns, see proc(5).
const STATE = 0, PARENT = 1, START_TIME = 19;

/** A process. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** One letter: R, S, D (waits for a disk), T (stopped), Z (zombie), … */
  readonly state: string;
  /** In clock ticks since the machine has booted: with the pid it names a process for good. */
  readonly startTicks: number;
  /** The program and its arguments; of a zombie, or a thread of the kernel, its name in brackets. */
  readonly command: readonly string[];
}

/** A process; undefined if there is none of that pid. */
export function findProcess(pid: number): Process | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  return {
    pid,
    parent: Number(fields[PARENT]),
    state: fields[STATE],
    startTicks: Number(fields[START_TIME]),
    command: commandOf(pid),
  };
}

/** All processes, by pid. */
export function allProcesses(): Map<number, Process> {
  const pids = listNames("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const found = pids.map(findProcess).filter((process) => process !== undefined);
  return new Map(found.map((process) => [process.pid, process]));
}

/** Whether a process is a copy of another one, as which all begin: it has its parent's command line until it executes a program. */
export function isCopyOf({ parent, command }: Process, other: Process): boolean {
  return parent === other.pid && command.join("\0") === other.command.join("\0");
}

/** For each process its children, in the order of their pids. */
export function byParent(processes: Iterable<Process>): Map<number, Process[]> {
  return Map.groupBy(processes, ({ parent }) => parent);
}

/** For how long a process has been there, in seconds. */
export function ageOf({ startTicks }: Pick<Process, "startTicks">): number {
  const [uptime] = readText("/proc/uptime").split(" ");
  return Math.max(0, Number(uptime) - startTicks / TICKS);
}

/** What a process has written to and shares with nobody (smaps_rollup in proc(5)), in bytes. */
export function privateMemory(pid: number): number | undefined {
  const rollup = orUndefined(() => readText(`/proc/${pid}/smaps_rollup`));
  const kilobytes = rollup?.match(/^Private_Dirty: +(\d+) kB$/m)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** What each descriptor of a process leads to, by its number. */
export function descriptorsOf(pid: number): Map<number, string> {
  const names = orUndefined(() => listNames(`/proc/${pid}/fd`)) ?? [];
  const found = new Map<number, string>();
  for (const name of names) {
    const target = linkOf(`/proc/${pid}/fd/${name}`);
    if (target !== undefined) found.set(Number(name), target);
  }
  return found;
}

/** Where a link of /proc leads to; undefined where it can't be read. */
export function linkOf(path: string): string | undefined {
  return orUndefined(() => readLink(path));
}

/** What a file of /proc or /sys tells; undefined where it can't be read. */
export function textOf(path: string): string | undefined {
  return orUndefined(() => readText(path));
}

/** What a read gives; undefined where it fails. */
export function orUndefined<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string[] {
  const words = textOf(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
  // A program may have made its command line shorter, and left NULs behind it.
  while (words.at(-1) === "") words.pop();
  return words.length > 0 ? words : [`[${textOf(`/proc/${pid}/comm`)?.trim() ?? "?"}]`];
}
