/** Spawning commands. */

/** A standard stream of a command: `null`, a pipe to read in JavaScript, or a descriptor, which stays the caller's. */
export type Stream = "null" | "piped" | number;

/** How to spawn a command; its streams are `null` where nothing else is said. */
export interface SpawnOptions {
  readonly args: readonly string[];
  readonly stdin?: Stream;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
}

/** Spawns a command found on the PATH, or by its path; see {@linkcode spawn}. */
export type Spawn = (command: string, options: SpawnOptions) => Deno.ChildProcess;

/**
 * Spawns a command where there is no reaper.
 * @throws {Deno.errors.NotFound} and its like where it can't be executed.
 */
export function spawn(command: string, options: SpawnOptions): Deno.ChildProcess {
  return new Deno.Command(command, {
    args: [...options.args],
    // Deno takes descriptors here, though its types do not say so.
    stdin: (options.stdin ?? "null") as "null",
    stdout: (options.stdout ?? "null") as "null",
    stderr: (options.stderr ?? "null") as "null",
  }).spawn();
}
