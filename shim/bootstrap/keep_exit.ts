/** Writing the file that says how init ended, for exit_file.ts. It is apart, as `delete`, which reads it, needs no libc, which takes time to load. */
import { OpenFlag } from "../libc/descriptor.ts";
import { writeText } from "../libc/kernel_files.ts";
import { exitFile, type KeptExit } from "./exit_file.ts";

/**
 * Writes the file: JSON, `{"status":42,"exitedAt":1769860800000}`, with the time in ms since 1970. Who waits for the exit is answered
 * behind it; so it is made by what a Create has called before, and a time as text would take 0.3 ms more.
 * @throws {Error} If it can't be written.
 */
export function keepExit(bundle: string, { status, exitedAt }: KeptExit): void {
  const kept = JSON.stringify({ status, exitedAt: exitedAt.getTime() });
  writeText(exitFile(bundle), kept, OpenFlag.CREAT | OpenFlag.TRUNC, 0o600);
}
