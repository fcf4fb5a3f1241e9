/** What `/proc` tells of the processes of this machine. */

import { eventually } from "../expect/eventually.ts";
import { runName } from "./private_mounts.ts";

/** One process, as `/proc/<pid>/stat` and `cmdline` show it (proc(5)). */
export interface Process {
  pid: number;
  parent: number;
  /** Process group and session. */
  group: number;
  session: number;
  /** `R`, `S`, `D`, `T`, `Z` (zombie), … */
  state: string;
  /** Clock ticks from boot until it started: with the pid it names a process for good. */
  startTime: number;
  /** Program and arguments; for a zombie the program's name in brackets. */
  command: string[];
}

/** The process `pid`, or undefined when there is none. */
export function findProcess(pid: number): Process | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name in parentheses may hold spaces and parentheses itself.
    const nameEnd = stat.lastIndexOf(")");
    const name = stat.slice(stat.indexOf("(") + 1, nameEnd);
    const fields = stat.slice(nameEnd + 2).split(" ");
    const command = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
    return {
      pid,
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      state: fields[0],
      startTime: Number(fields[19]),
      command: command.length > 0 ? command : [`[${name}]`],
    };
  } catch (error) {
    // ESRCH: the process ended between open and read.
    if (error instanceof Deno.errors.NotFound || isNoSuchProcess(error)) return undefined;
    throw error;
  }
}

/** Every process of the machine. */
export function allProcesses(): Process[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^\d+$/.test(name))
    .map(({ name }) => findProcess(Number(name)))
    .filter((process) => process !== undefined);
}

/** The children of process `pid`, zombies too. */
export function childrenOf(pid: number, processes: Process[] = allProcesses()): Process[] {
  return processes.filter(({ parent }) => parent === pid);
}

/** The children of process `pid`, their children, and so on. */
export function descendantsOf(pid: number, processes: Process[] = allProcesses()): Process[] {
  return childrenOf(pid, processes)
    .flatMap((child) => [child, ...descendantsOf(child.pid, processes)]);
}

/** Whether the process runs: it is there and not a zombie. */
export function isAlive(pid: number): boolean {
  const process = findProcess(pid);
  return process !== undefined && process.state !== "Z";
}

/** Sends a signal to a process; answers whether it was there to get it. */
export function sendSignal(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // Deno's error of ESRCH has no class of its own in every version.
    if (!isAlive(pid)) return false;
    throw error;
  }
}

/**
 * Whether a process is a server that waits for the next `start` of its containerd, which it tells by its command line. Without
 * CAP_SYS_RESOURCE what is left of the place of that shows as empty arguments.
 */
export function isSpare({ command }: Process): boolean {
  return command.findLast((arg) => arg !== "") === "spare";
}

/** Whether a process has neither ended nor is a spare, which servers may become with SHIM_SPARE=on. */
export function isServing(pid: number): boolean {
  const process = findProcess(pid);
  return process !== undefined && process.state !== "Z" && !isSpare(process);
}

/** How many descriptors a process has open. */
export function countDescriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Waits until a process has no more descriptors open than it had before: what it closes after an answer, it closes at its leisure. */
export async function untilDescriptors(pid: number, before: number): Promise<void> {
  let count = 0;
  await eventually(`${before} descriptors of process ${pid}`, () => {
    count = countDescriptors(pid);
    return count <= before || undefined;
  }).catch((error) => {
    throw new Error(`${error.message}: there are ${count}`);
  });
}

/** Lets a process have no descriptor numbered `limit` or higher beside those that it has. */
export async function limitDescriptors(pid: number, limit: number): Promise<void> {
  const args = ["--pid", `${pid}`, `--nofile=${limit}:`];
  const { success, stderr } = await new Deno.Command("prlimit", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/**
 * The processes of this run: those in this process's mount namespace, its descendants, those in a cgroup
 * that has the name of the run, and the children of all these, zombies too; all there are where the run has
 * a PID namespace of its own. Not this process itself and not its ancestors.
 */
export function processesOfThisRun(): Process[] {
  const processes = allProcesses();
  const ancestors = new Set([Deno.pid]);
  for (let pid = Deno.ppid; pid > 0; pid = findProcess(pid)?.parent ?? 0) ancestors.add(pid);
  const namespace = mountNamespace(Deno.pid);
  if (mountNamespace(1) === namespace) return processes.filter(({ pid }) => !ancestors.has(pid));
  const cgroup = `/${runName()}-`;
  const found = new Map<number, Process>();
  for (const process of processes) {
    if (ancestors.has(process.pid)) continue;
    if (mountNamespace(process.pid) === namespace || isInCgroup(process.pid, cgroup)) {
      found.set(process.pid, process);
    }
  }
  for (const pid of [Deno.pid, ...found.keys()]) {
    for (const process of descendantsOf(pid, processes)) found.set(process.pid, process);
  }
  return [...found.values()];
}

/** A process in one line, for messages. */
export function describeProcess({ pid, parent, state, command }: Process): string {
  return `process ${pid} (parent ${parent}, state ${state}): ${command.join(" ")}`;
}

function mountNamespace(pid: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined; // ended, or a zombie, which has none
  }
}

function isInCgroup(pid: number, cgroup: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cgroup`).includes(cgroup);
  } catch {
    return false; // ended
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("No such process");
}

/** What the descriptors of a process lead to; none of one that has ended. It may close some, and open others, meanwhile. */
export function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return [...Deno.readDirSync(folder)].flatMap(({ name }) => readLink(`${folder}/${name}`));
  } catch {
    return [];
  }
}

function readLink(path: string): string[] {
  try {
    return [Deno.readLinkSync(path)];
  } catch {
    return [];
  }
}

/** What a process has written to and shares with nobody (proc(5), smaps_rollup), in MiB. */
export function privateMemory(pid: number): number {
  const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(rollup.match(/^Private_Dirty: +(\d+) kB$/m)![1]) / 1024;
}

/** The page faults of those children of a process that have ended (cminflt of proc(5)): more with each of them. */
export function faultsOfEnded(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/.*\) /, "").split(" ")[8]);
}

/** The sockets of a process on a network, by what /proc/net tells of them. */
export function networkSockets(pid: number): string[] {
  const inodes = descriptorsOf(pid).flatMap((link) => link.match(/^socket:\[(\d+)\]$/)?.[1] ?? []);
  const lines = ["tcp", "tcp6", "udp", "udp6"].flatMap((name) =>
    Deno.readTextFileSync(`/proc/net/${name}`).split("\n").slice(1)
  );
  return lines.filter((line) => inodes.includes(line.trim().split(/\s+/)[9]));
}
