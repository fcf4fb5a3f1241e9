/** Writing the file that says how init ended, for exit_file.ts. It is apart, as `delete`, which reads it, needs no libc, which takes time to load. */
import { close, open, OpenFlag, writeAll } from "../libc/descriptor.ts";
import { exitFile, type KeptExit } from "./exit_file.ts";

/**
 * Writes the file: JSON, `{"status":42,"exitedAt":"2026-01-31T12:00:00.000Z"}`. Who waits for the exit is answered behind it, and Deno's
 * own function takes 0.6 ms where it has not been called for a while.
 * @throws {Error} If it can't be written.
 */
export function keepExit(bundle: string, { status, exitedAt }: KeptExit): void {
  const flags = OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.TRUNC;
  const file = open(exitFile(bundle), flags, 0o600);
  try {
    writeAll(file, new TextEncoder().encode(JSON.stringify({ status, exitedAt })));
  } finally {
    close(file);
  }
}
