/**
 * Executing a program that inherits exactly what it is given (posix_spawn(3)). Deno.Command can't do that: it passes only the three
 * standard streams, lets the program inherit further copies of them and an ignored signal, and its first use takes 6 ms longer.
 */
import { close, closeAllOnExec, duplicate, inDirectory, OpenFlag } from "./descriptor.ts";
import { cString, symbols, SystemError, variables } from "./library.ts";
import { openFilesLimit, setOpenFilesLimit } from "./limits.ts";
import { signalSet } from "./signals.ts";

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

// In glibc on 64-bit machines posix_spawn_file_actions_t takes 80 bytes, posix_spawnattr_t 336 and sigset_t 128.
const FILE_ACTIONS_BYTES = 80;
const ATTRIBUTES_BYTES = 336;
const SIGNAL_SET_BYTES = 128;

/** What a program gets from {@linkcode spawnProgram}. */
export interface ProgramOptions {
  /** Its arguments, without its own name. */
  readonly args: readonly string[];
  /** Its whole environment; by default this process's, byte for byte. */
  readonly env?: Readonly<Record<string, string>>;
  /** The descriptors that it has open as 0, 1, 2 ...; `null` is /dev/null. The caller keeps its own. */
  readonly descriptors: readonly (number | null)[];
  /** Its current directory; by default ours. */
  readonly directory?: string;
  /** Whether it leads a session of its own (setsid(2)); by default it is in ours. */
  readonly newSession?: boolean;
  /** The signals that are blocked in it; by default none. */
  readonly blockedSignals?: readonly number[];
  /** Its soft limit of open files (RLIMIT_NOFILE), at most the hard one; by default ours. */
  readonly openFiles?: bigint;
}

/**
 * Executes a program as a child of this process. It has no descriptors open but those that it is given, and ignores no signal.
 * @param command Its path, or a name without a slash, which is looked for on the PATH.
 * @returns Its pid.
 * @throws {SystemError} ENOENT, EACCES, ENOEXEC and the others of execve(2).
 */
export function spawnProgram(command: string, options: ProgramOptions): number {
  const { args, env, descriptors, directory, newSession = false, blockedSignals, openFiles } =
    options;
  const actions = new Uint8Array(FILE_ACTIONS_BYTES);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  const pid = new Int32Array(1);
  const devNull = cString("/dev/null");
  // This process may have inherited descriptors that are not close-on-exec.
  closeAllOnExec();
  // These functions fail only for wrong arguments or a lack of memory.
  symbols.posix_spawn_file_actions_init(actions);
  symbols.posix_spawnattr_init(attributes);
  const copies: number[] = [];
  try {
    const sources = descriptors.map((descriptor) => {
      if (descriptor === null) return null;
      // A copy with a number above all new ones is not overwritten before it is copied itself.
      const copy = duplicate(descriptor, descriptors.length);
      copies.push(copy);
      return copy;
    });
    for (const [index, source] of sources.entries()) {
      if (source !== null) symbols.posix_spawn_file_actions_adddup2(actions, source, index);
      else {
        const flags = index === 0 ? OpenFlag.RDONLY : OpenFlag.WRONLY;
        symbols.posix_spawn_file_actions_addopen(actions, index, devNull, flags, 0);
      }
    }
    symbols.posix_spawnattr_setflags(
      attributes,
      POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (newSession ? POSIX_SPAWN_SETSID : 0),
    );
    const everySignal = new Uint8Array(SIGNAL_SET_BYTES).fill(0xff);
    symbols.posix_spawnattr_setsigdefault(attributes, everySignal);
    // By default the attributes' mask of blocked signals is empty.
    if (blockedSignals !== undefined) {
      symbols.posix_spawnattr_setsigmask(attributes, signalSet(blockedSignals));
    }
    const environment = env && stringArray(Object.entries(env).map((pair) => pair.join("=")));
    const argv = stringArray([command, ...args]);
    const path = cString(command);
    const envp = environment === undefined ? environ() : Deno.UnsafePointer.of(environment);
    const spawn = () =>
      withOpenFiles(
        openFiles,
        () => symbols.posix_spawnp(pid, path, actions, attributes, argv, envp),
      );
    const errno = directory === undefined ? spawn() : inDirectory(directory, spawn);
    if (errno !== 0) throw new SystemError(`execute ${command}`, errno);
    return pid[0];
  } finally {
    symbols.posix_spawn_file_actions_destroy(actions);
    symbols.posix_spawnattr_destroy(attributes);
    for (const copy of copies) close(copy);
  }
}

/** Makes a call with a soft limit of open files, which the program inherits; this process opens nothing meanwhile. */
function withOpenFiles<Result>(soft: bigint | undefined, call: () => Result): Result {
  if (soft === undefined) return call();
  const own = openFilesLimit();
  setOpenFilesLimit({ soft: soft < own.hard ? soft : own.hard, hard: own.hard });
  try {
    return call();
  } finally {
    setOpenFilesLimit(own);
  }
}

/** The environment of this process (environ(7)). Deno itself shows only the variables that are UTF-8. */
function environ(): Deno.PointerValue {
  return new Deno.UnsafePointerView(variables.environ).getPointer();
}

/** Strings as execve(2) wants them: an array of pointers that ends with a null one. The strings are behind it in the same memory. */
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
