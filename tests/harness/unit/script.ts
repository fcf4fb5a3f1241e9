/** Programs of their own, for what changes or ends a whole process. */
import { join } from "@std/path";
import { REPOSITORY } from "../machine/repository.ts";

/** How a script ended. */
export interface ScriptResult {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/**
 * A command that runs `source`, a module that may import `REPOSITORY/…` and what is in the import map; it is written into `folder`.
 * It is killed after 20 seconds.
 */
export function scriptCommand(
  folder: string,
  source: string,
  options: Deno.CommandOptions = {},
): Deno.Command {
  const path = join(folder, `script-${crypto.randomUUID()}.ts`);
  Deno.writeTextFileSync(path, source.replaceAll("REPOSITORY/", REPOSITORY));
  return new Deno.Command(Deno.execPath(), {
    signal: AbortSignal.timeout(20_000),
    ...options,
    args: [
      ...["run", "--no-check", "--allow-all", "--config", join(REPOSITORY, "deno.json"), path],
      ...(options.args ?? []),
    ],
  });
}

/** Runs a script to its end. */
export async function runScript(
  folder: string,
  source: string,
  options: Deno.CommandOptions = {},
): Promise<ScriptResult> {
  const { code, signal, stdout, stderr } = await scriptCommand(folder, source, options).output();
  const decoder = new TextDecoder();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What a script has printed as JSON. */
export async function scriptAnswer<Answer>(folder: string, source: string): Promise<Answer> {
  const { code, signal, stdout, stderr } = await runScript(folder, source);
  if (code === 0 && signal === null) return JSON.parse(stdout);
  throw new Error(`the script ended with code ${code}, signal ${signal}:\n${stdout}${stderr}`);
}
