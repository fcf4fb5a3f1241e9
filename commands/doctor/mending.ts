/** How findings are mended. */
import { PATIENCE_MS } from "../ask/shim_client.ts";

/** How long a command may take, in ms. */
const COMMAND_MS = 5 * PATIENCE_MS;

/**
 * Runs a command.
 * @throws {Error} If it fails, with what it says.
 */
export async function run([program, ...args]: readonly string[], cwd = "/"): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    signal: AbortSignal.timeout(COMMAND_MS),
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || `${program} failed`);
}

/** Removes a folder with all in it, but nothing on another file system. */
export async function remove(path: string): Promise<void> {
  await run(["rm", "-rf", "--one-file-system", path]);
}
