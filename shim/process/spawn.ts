/**
 * The two ways in which the shim spawns commands:
 *
 * - *Exactly*, by posix_spawn(3): commands that may leave a process behind. These are the runtime's commands that make a container's
 *   process or run its hooks, mount(8), whose helper may be a daemon, logging programs, and the server. They inherit what containerd
 *   gave to the shim and nothing else: three descriptors, the limit of open files, and no signal that is ignored or blocked.
 * - By Deno.Command: commands that leave nothing behind, and those whose streams JavaScript reads or writes. They may inherit copies of
 *   their standard streams, and have our limit of open files and our blocked signals.
 */
import { awaitExit, spawnProgram, type WaitStatus } from "../libc/mod.ts";
import { givenOpenFiles } from "./open_files.ts";

/** A standard stream of a command: `null` for /dev/null, or a descriptor, which the caller keeps. */
export type Stream = "null" | number;

/** How to spawn a command; by default its streams are `null`. */
export interface SpawnOptions<S = Stream> {
  /** Its current directory; by default ours. */
  readonly directory?: string;
  readonly args: readonly string[];
  readonly stdin?: S;
  readonly stdout?: S;
  readonly stderr?: S;
}

/** A command that has been spawned. */
export interface Child {
  readonly pid: number;
  /** Resolves when the command has ended. */
  readonly status: Promise<ChildStatus>;
}

/** How a command ended, with the members of Deno.CommandStatus. */
export interface ChildStatus {
  /** Whether its exit code was 0. */
  readonly success: boolean;
  readonly code: number;
  /** The name or the number of the signal that killed it; null if none did. */
  readonly signal: string | number | null;
}

/** Spawns commands, by their path or by a name that is looked for on the PATH. */
export interface Spawner {
  /**
   * Spawns a command by Deno.Command.
   * @throws {Deno.errors.NotFound} and other errors of Deno's if it can't be executed.
   */
  spawn(command: string, options: SpawnOptions<Stream | "piped">): Deno.ChildProcess;
  /**
   * Spawns a command exactly, in our session.
   * @throws {SystemError} If it can't be executed.
   */
  spawnExactly(command: string, options: SpawnOptions): Child;
}

/** A spawner for programs without a {@linkcode Reaper}: the actions other than `serve`. */
export const spawner: Spawner = {
  spawn(command, { directory, args, stdin = "null", stdout = "null", stderr = "null" }) {
    return new Deno.Command(command, {
      args: [...args],
      cwd: directory,
      // Deno takes descriptors here, though its types do not say so.
      stdin: stdin as "null",
      stdout: stdout as "null",
      stderr: stderr as "null",
    }).spawn();
  },

  spawnExactly(command, options) {
    const pid = spawnExactly(command, options);
    return { pid, status: awaitExit(pid).then(toChildStatus) };
  },
};

/** Spawns a command exactly; the caller must see to it that it is reaped. Returns its pid. */
export function spawnExactly(
  command: string,
  { directory, args, stdin = "null", stdout = "null", stderr = "null" }: SpawnOptions,
): number {
  const descriptors = [stdin, stdout, stderr].map((stream) => stream === "null" ? null : stream);
  return spawnProgram(command, { directory, args, descriptors, openFiles: givenOpenFiles() });
}

/** The status of a command by what waitid(2) says. */
export function toChildStatus({ status, signal }: Omit<WaitStatus, "pid">): ChildStatus {
  return { success: status === 0, code: status, signal: signal ?? null };
}
