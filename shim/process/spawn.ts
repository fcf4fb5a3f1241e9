/**
 * The two ways in which the shim spawns commands, and which of them is for what:
 *
 * - *Exactly*, by posix_spawn(3): what may leave a process behind: the runtime's commands that make a container's process or run its
 *   hooks, mount(8), whose helper may be a daemon, logging programs, the server. They inherit what containerd gave to the shim, and
 *   nothing else: three descriptors, its limit of open files, no signal that is ignored or blocked.
 * - By Deno.Command: what is over when it has ended, and what JavaScript reads from or writes to. It may have copies of its standard
 *   streams, our limit of open files, and the signals blocked that are blocked here.
 */
import { awaitExit, spawnProgram, type WaitStatus } from "../libc/mod.ts";
import { givenOpenFiles } from "./open_files.ts";

/** A standard stream of a command: `null` for /dev/null, or a descriptor, which stays the caller's. */
export type Stream = "null" | number;

/** How to spawn a command; its streams are `null` where nothing else is said. */
export interface SpawnOptions<S = Stream> {
  /** Its current directory; ours where not given. */
  readonly directory?: string;
  readonly args: readonly string[];
  readonly stdin?: S;
  readonly stdout?: S;
  readonly stderr?: S;
}

/** A command that was spawned. */
export interface Child {
  readonly pid: number;
  /** How it ended. */
  readonly status: Promise<ChildStatus>;
}

/** How a command ended. */
export interface ChildStatus {
  /** Whether it ended with the exit code 0. */
  readonly success: boolean;
  readonly code: number;
  /** The name or the number of the signal that killed it; null where none did. */
  readonly signal: string | number | null;
}

/** Spawns commands, found on the PATH or by their path. */
export interface Spawner {
  /**
   * Spawns a command by Deno.Command.
   * @throws {Deno.errors.NotFound} and its like where it can't be executed.
   */
  spawn(command: string, options: SpawnOptions<Stream | "piped">): Deno.ChildProcess;
  /**
   * Spawns a command exactly, in our session.
   * @throws {SystemError} where it can't be executed.
   */
  spawnExactly(command: string, options: SpawnOptions): Child;
}

/** For who has no reaper: the actions beside `serve`. */
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

/** Spawns a command exactly; who calls it sees to it that it is reaped. */
export function spawnExactly(
  command: string,
  { directory, args, stdin = "null", stdout = "null", stderr = "null" }: SpawnOptions,
): number {
  const descriptors = [stdin, stdout, stderr].map((stream) => stream === "null" ? null : stream);
  return spawnProgram(command, { directory, args, descriptors, openFiles: givenOpenFiles() });
}

/** What waitid(2) tells, as that of a command. */
export function toChildStatus({ status, signal }: Omit<WaitStatus, "pid">): ChildStatus {
  return { success: status === 0, code: status, signal: signal ?? null };
}
