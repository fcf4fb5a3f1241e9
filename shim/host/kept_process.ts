/** The file in a bundle that says which process of the host is the container. `delete` reads it if the shim was killed. */
import { join } from "@std/path/posix";
import { statFields, writeFile } from "../libc/mod.ts";

/** The position in statFields() of the time at which a process began, in clock ticks since the boot (proc(5)). */
const START_TIME = 19;

const processFile = (bundle: string) => join(bundle, "process.json");

/** Writes the file for a process that runs: JSON, `{"pid":42,"startTime":"1234"}`. */
export function keepProcess(bundle: string, pid: number): void {
  const startTime = statFields(pid)?.[START_TIME];
  writeFile(processFile(bundle), JSON.stringify({ pid, startTime }));
}

/** A process that {@linkcode keepProcess} has noted. */
export interface KeptProcess {
  readonly pid: number;
  /** Whether the process itself is still there, and not another one with the same pid. */
  readonly lives: boolean;
}

/** Reads the file; undefined if it is not there or is damaged. */
export function readProcess(bundle: string): KeptProcess | undefined {
  let kept: { pid?: unknown; startTime?: unknown } | null;
  try {
    kept = JSON.parse(Deno.readTextFileSync(processFile(bundle)));
  } catch {
    return undefined;
  }
  const pid = Number(kept?.pid);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const startTime = statFields(pid)?.[START_TIME];
  return { pid, lives: startTime !== undefined && startTime === kept?.startTime };
}
