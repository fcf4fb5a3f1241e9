/** The file in a bundle that says how init ended. `delete` reads it: the server may end before containerd has taken the exit. */
import { join } from "@std/path/posix";

/** 128 + SIGKILL: the status of an init whose exit is not known, as in Go's shim. */
export const KILLED = 137;

/** How init ended. */
export interface KeptExit {
  /** Its exit code, or 128 + the signal that killed it. */
  readonly status: number;
  readonly exitedAt: Date;
}

/** Its path. */
export const exitFile = (bundle: string) => join(bundle, "init.exit");

/** Reads the file, see keep_exit.ts; undefined if it is not there or is damaged. Servers of old versions have written the time as text. */
export function readExit(bundle: string): KeptExit | undefined {
  let kept: { status?: unknown; exitedAt?: unknown } | null;
  try {
    kept = JSON.parse(Deno.readTextFileSync(exitFile(bundle)));
  } catch {
    return undefined;
  }
  const status = kept?.status;
  const time = kept?.exitedAt;
  const exitedAt = new Date(typeof time === "number" || typeof time === "string" ? time : NaN);
  if (!Number.isInteger(status) || !(Number(status) >= 0) || !(exitedAt.getTime() >= 0)) {
    return undefined;
  }
  return { status: Number(status), exitedAt };
}
