/** The command line of this process as others see it (/proc/PID/cmdline, ps(1)). */
import { cString, symbols } from "./library.ts";
import { statFields } from "./process.ts";

const PR_SET_MM = 35;
const PR_SET_MM_ARG_END = 9n;

// The numbers of the fields that statFields() returns, see proc(5): where the arguments begin and end in memory.
const ARG_START = 45, ARG_END = 46;

/**
 * Overwrites the arguments that this process was executed with, in their place: what is longer than they were is cut.
 * @param args With the program's name.
 */
export function setCommandLine(args: readonly string[]): void {
  const fields = statFields(Deno.pid)!;
  const [start, end] = [BigInt(fields[ARG_START]), BigInt(fields[ARG_END])];
  // 0 where it may not be told.
  if (start === 0n || end <= start) return;
  const memory = new Uint8Array(Number(end - start));
  let offset = 0;
  for (const arg of args) {
    // The last byte stays a NUL: else the kernel would take what follows, the environment, for a part of the arguments.
    const bytes = cString(arg).subarray(0, memory.length - offset - 1);
    memory.set(bytes, offset);
    offset += bytes.length;
  }
  symbols.memcpy(Deno.UnsafePointer.create(start), memory, BigInt(memory.length));
  // Without CAP_SYS_RESOURCE that fails, and the rest of the place shows as empty arguments.
  symbols.prctl(PR_SET_MM, PR_SET_MM_ARG_END, start + BigInt(offset), 0n, 0n);
}
