/**
 * Runs a program.
 * @returns What it prints.
 * @throws {Error} If it fails, with what it says.
 */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${decoder.decode(stderr)}`);
}

/** {@linkcode run}, of a command for a shell. */
export async function sh(command: string): Promise<string> {
  return await run("sh", "-c", command);
}
