/** The files in a bundle to which the runtime writes the pids of the processes that it makes. */
import { join } from "@std/path/posix";

/** The name of the file with init's pid. */
export const INIT_PID_FILE = "init.pid";

/** The path of the file with init's pid. */
export const initPidFile = (bundle: string): string => join(bundle, INIT_PID_FILE);

/** The path of the file with the pid of an exec'd process; it differs from init's also if the exec id is `init`. */
export const execPidFile = (bundle: string, execId: string): string =>
  join(bundle, `${execId}.exec.pid`);

/** The highest pid that is possible (PID_MAX_LIMIT), see /proc/sys/kernel/pid_max in proc(5). */
const HIGHEST_PID = 1 << 22;

/** How many characters of a wrong content an error shows. */
const SHOWN = 100;

/**
 * Reads the pid in a file.
 * @throws {Error} If there is none, or no file.
 */
export function readPid(path: string): number {
  const text = Deno.readTextFileSync(path);
  const pid = /^\d+\n?$/.test(text) ? Number(text) : 0;
  if (pid > 0 && pid <= HIGHEST_PID) return pid;
  throw new Error(`expected a pid in ${path}, not ${text.slice(0, SHOWN)}`);
}

/** The pid in a file; undefined if there is none. */
export function writtenPid(path: string): number | undefined {
  try {
    return readPid(path);
  } catch {
    return undefined;
  }
}
