/** Programs of their own, for what changes or ends a whole process: modules in the folders `fixtures` beside their tests. */
import { fromFileUrl, join } from "@std/path";
import { REPOSITORY } from "../machine/repository.ts";

/** How a program ended. */
export interface ProgramEnd {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/**
 * A command that runs a module of the repository; it is killed after a minute.
 * @param module Its URL, as `import.meta.resolve` gives it.
 */
export function fixtureCommand(
  module: string,
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Deno.Command {
  const flags = ["--no-check", "--allow-all", "--config", join(REPOSITORY, "deno.json")];
  return new Deno.Command(Deno.execPath(), {
    signal: AbortSignal.timeout(60_000),
    ...options,
    args: ["run", ...flags, fromFileUrl(module), ...args],
  });
}

/** Runs a {@linkcode fixtureCommand} to its end. */
export async function runFixture(module: string, ...args: string[]): Promise<ProgramEnd> {
  const { code, signal, stdout, stderr } = await fixtureCommand(module, args).output();
  const decoder = new TextDecoder();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What a {@linkcode fixtureCommand} has printed as JSON. */
export async function fixtureAnswer<Answer>(module: string, ...args: string[]): Promise<Answer> {
  const { code, signal, stdout, stderr } = await runFixture(module, ...args);
  if (code === 0 && signal === null) return JSON.parse(stdout);
  throw new Error(`the program ended with code ${code}, signal ${signal}:\n${stdout}${stderr}`);
}
