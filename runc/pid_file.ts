/** The files in a bundle in which the runtime leaves the pids of what it made. */
import { join } from "@std/path/posix";

/** The file of init's pid. */
export const initPidFile = (bundle: string): string => join(bundle, "init.pid");

/** The file of an exec'd process's pid: never init's, as an exec id may be `init`. */
export const execPidFile = (bundle: string, execId: string): string =>
  join(bundle, `${execId}.exec.pid`);

/** @throws {Error} where there is no pid in the file, or no file. */
export function readPid(path: string): number {
  const text = Deno.readTextFileSync(path);
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`expected a pid in ${path}, not ${text}`);
  return pid;
}
