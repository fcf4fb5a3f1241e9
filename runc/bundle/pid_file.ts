/** The files in a bundle in which the runtime leaves the pids of what it made. */
import { join } from "@std/path/posix";

/** The file of init's pid. */
export const initPidFile = (bundle: string): string => join(bundle, "init.pid");

/** The file of an exec'd process's pid: never init's, as an exec id may be `init`. */
export const execPidFile = (bundle: string, execId: string): string =>
  join(bundle, `${execId}.exec.pid`);

/** No pid is higher, see proc(5) at /proc/sys/kernel/pid_max. */
const HIGHEST_PID = 1 << 22;

/** How much an error shows of what is no pid, in characters. */
const SHOWN = 100;

/** @throws {Error} where there is no pid in the file, or no file. */
export function readPid(path: string): number {
  const text = Deno.readTextFileSync(path);
  const pid = /^\d+\n?$/.test(text) ? Number(text) : 0;
  if (pid > 0 && pid <= HIGHEST_PID) return pid;
  throw new Error(`expected a pid in ${path}, not ${text.slice(0, SHOWN)}`);
}

/** The pid in a file, if there is one. */
export function writtenPid(path: string): number | undefined {
  try {
    return readPid(path);
  } catch {
    return undefined;
  }
}
