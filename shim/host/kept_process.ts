/** The file in a bundle that tells which process of the host is the container, for `delete`: its shim may be killed before it. */
import { join } from "@std/path/posix";
import { statFields } from "../libc/mod.ts";

/** What /proc/PID/stat has behind the process's name (proc(5)): when the process began, in clock ticks since the boot. */
const START_TIME = 19;

const processFile = (bundle: string) => join(bundle, "process.json");

/** Writes the file, for a process that is there: JSON, `{"pid":42,"startTime":"1234"}`. */
export function keepProcess(bundle: string, pid: number): void {
  const startTime = statFields(pid)?.[START_TIME];
  Deno.writeTextFileSync(processFile(bundle), JSON.stringify({ pid, startTime }), { mode: 0o600 });
}

/** A process that was kept. */
export interface KeptProcess {
  readonly pid: number;
  /** Whether it is there, and not another one that got its pid since. */
  readonly lives: boolean;
}

/** What the file tells; nothing where it is not there, or tells of no process. */
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
