/**
 * Runs a command for a shell.
 * @returns What it prints.
 * @throws {Error} If it fails, with what it says.
 */
export async function sh(command: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
