/**
 * Executing a program with descriptors of the caller's choice (posix_spawn(3)). Deno.Command has but the three standard streams, and
 * its first use takes 6 ms longer.
 */
import { close, duplicate, OpenFlag } from "./descriptor.ts";
import { cString, symbols, SystemError } from "./library.ts";

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

// In glibc on 64-bit machines posix_spawn_file_actions_t takes 80 bytes, posix_spawnattr_t 336 and sigset_t 128.
const FILE_ACTIONS_BYTES = 80;
const ATTRIBUTES_BYTES = 336;
const SIGNAL_SET_BYTES = 128;

/** What a program gets; see {@linkcode spawnProgram}. */
export interface ProgramOptions {
  /** Without the program's own name. */
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it has open as 0, 1, 2 …; `null` is /dev/null, and the others stay the caller's. */
  readonly descriptors: readonly (number | null)[];
}

/**
 * Executes a program as a child of this process, in a session of its own. It has nothing open but the descriptors given to it, as
 * far as what this process has open is close-on-exec; no signal is ignored or blocked in it.
 * @param path Is not looked for on the PATH.
 * @returns Its pid.
 * @throws {SystemError} ENOENT, EACCES … of execve(2).
 */
export function spawnProgram(path: string, { args, env, descriptors }: ProgramOptions): number {
  const actions = new Uint8Array(FILE_ACTIONS_BYTES);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  const pid = new Int32Array(1);
  const devNull = cString("/dev/null");
  // Clear of their new numbers, none of which must be overwritten before it was copied itself.
  const copies = descriptors.map((descriptor) =>
    descriptor === null ? null : duplicate(descriptor, descriptors.length)
  );
  // These fail only where the arguments are wrong or there is no memory.
  symbols.posix_spawn_file_actions_init(actions);
  symbols.posix_spawnattr_init(attributes);
  try {
    for (const [index, copy] of copies.entries()) {
      if (copy !== null) symbols.posix_spawn_file_actions_adddup2(actions, copy, index);
      else symbols.posix_spawn_file_actions_addopen(actions, index, devNull, OpenFlag.RDWR, 0);
    }
    // The mask of blocked signals is empty as it was made.
    const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    symbols.posix_spawnattr_setflags(attributes, flags);
    const everySignal = new Uint8Array(SIGNAL_SET_BYTES).fill(0xff);
    symbols.posix_spawnattr_setsigdefault(attributes, everySignal);
    const errno = symbols.posix_spawn(
      pid,
      cString(path),
      actions,
      attributes,
      stringArray([path, ...args]),
      stringArray(Object.entries(env).map(([name, value]) => `${name}=${value}`)),
    );
    if (errno !== 0) throw new SystemError(`execute ${path}`, errno);
    return pid[0];
  } finally {
    symbols.posix_spawn_file_actions_destroy(actions);
    symbols.posix_spawnattr_destroy(attributes);
    for (const copy of copies) if (copy !== null) close(copy);
  }
}

/** Strings as execve(2) wants them: pointers to them and one that is null, and behind these, in the same memory, the strings. */
function stringArray(strings: readonly string[]): BigUint64Array<ArrayBuffer> {
  const encoded = strings.map(cString);
  const pointerBytes = (strings.length + 1) * BigUint64Array.BYTES_PER_ELEMENT;
  const size = encoded.reduce((sum, { length }) => sum + length, pointerBytes);
  const memory = new ArrayBuffer(size);
  const pointers = new BigUint64Array(memory, 0, strings.length + 1);
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  let offset = pointerBytes;
  for (const [index, bytes] of encoded.entries()) {
    new Uint8Array(memory).set(bytes, offset);
    pointers[index] = start + BigInt(offset);
    offset += bytes.length;
  }
  return pointers;
}
