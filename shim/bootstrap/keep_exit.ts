/** Writing the file that says how init ended, for exit_file.ts. It is apart, as `delete`, which reads it, needs no libc, which takes time to load. */
import { writeFile } from "../libc/descriptor.ts";
import { exitFile, type KeptExit } from "./exit_file.ts";

/**
 * Writes the file: JSON, `{"status":42,"exitedAt":1769860800000}`, with the time in ms since 1970, as to make a text of it takes 0.3 ms.
 * Who waits for the exit is answered behind it.
 * @throws {Error} If it can't be written.
 */
export function keepExit(bundle: string, { status, exitedAt }: KeptExit): void {
  writeFile(exitFile(bundle), JSON.stringify({ status, exitedAt: exitedAt.getTime() }));
}
