/**
 * Executing a program that inherits exactly what it is given (posix_spawn(3)). Deno.Command can't: it has but the three standard
 * streams, leaves further copies of them and an ignored signal to the program, and its first use takes 6 ms longer.
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

/** What a program gets; see {@linkcode spawnProgram}. */
export interface ProgramOptions {
  /** Without the program's own name. */
  readonly args: readonly string[];
  /** Its whole environment; that of this process, byte for byte, where not given. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it has open as 0, 1, 2 ...; `null` is /dev/null, and the others stay the caller's. */
  readonly descriptors: readonly (number | null)[];
  /** Its current directory; ours where not given. */
  readonly directory?: string;
  /** Whether it leads a session of its own (setsid(2)); else it is in ours. */
  readonly newSession?: boolean;
  /** The signals that are blocked in it; none where not given. */
  readonly blockedSignals?: readonly number[];
  /** Its soft limit of open files (RLIMIT_NOFILE), at most the hard one; ours where not given. */
  readonly openFiles?: bigint;
}

/**
 * Executes a program as a child of this process. It has nothing open but the descriptors given to it, and ignores no signal.
 * @param command Is looked for on the PATH unless there is a slash in it.
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
  // What this process was started with by others, too.
  closeAllOnExec();
  // These fail only where the arguments are wrong or there is no memory.
  symbols.posix_spawn_file_actions_init(actions);
  symbols.posix_spawnattr_init(attributes);
  const copies: number[] = [];
  try {
    const sources = descriptors.map((descriptor) => {
      if (descriptor === null) return null;
      // Clear of the new numbers, none of which must be overwritten before it was copied itself.
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
    // The mask of blocked signals is empty as it was made.
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

/** Limits are inherited as they are: this process has it for the moment of the call, in which it opens nothing. */
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

/** The environment of this process (environ(7)), of which Deno itself shows only what is UTF-8. */
function environ(): Deno.PointerValue {
  // What Deno gives for a variable is its address.
  return new Deno.UnsafePointerView(variables.environ!).getPointer();
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
