/** Writing the file that says how init ended, for exit_file.ts. It is apart, as `delete`, which reads it, needs no libc, which takes time to load. */
import { close, open, OpenFlag, writeAll } from "../libc/descriptor.ts";
import { exitFile, type KeptExit } from "./exit_file.ts";

/**
 * Writes the file: JSON, `{"status":42,"exitedAt":1769860800000}`, with the time in ms since 1970. Who waits for the exit is answered
 * behind it: Deno's own function takes 0.6 ms where it has not been called for a while, and a time as text 0.3.
 * @throws {Error} If it can't be written.
 */
export function keepExit(bundle: string, { status, exitedAt }: KeptExit): void {
  const kept = JSON.stringify({ status, exitedAt: exitedAt.getTime() });
  const flags = OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.TRUNC;
  const file = open(exitFile(bundle), flags, 0o600);
  try {
    writeAll(file, new TextEncoder().encode(kept));
  } finally {
    close(file);
  }
}
