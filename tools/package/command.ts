/**
 * Runs a command.
 * @returns Its standard output.
 * @throws {Error} If it fails; with what it has printed.
 */
export async function run(
  program: string,
  args: string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<string> {
  const command = new Deno.Command(program, { args, ...options, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`${program} failed\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}
