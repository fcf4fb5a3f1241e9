/**
 * Reads a command line by its description, as getopt_long(3) would: people write options so. containerd's command lines are Go's, where
 * `-id` is one flag, a value may begin with a dash, and the first word ends the flags: shim/bootstrap/arguments.ts.
 */
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../output/failure.ts";
import { type Command, COMMANDS, PROGRAM } from "./description.ts";

/** What the command line of a command says. */
export interface Parsed {
  /** The word behind the command; undefined where it is not given. */
  readonly argument: string | undefined;
  /** Whether a switch is given. */
  isSet(name: string): boolean;
  /** The value of an option; undefined where it is not given. */
  valueOf(name: string): string | undefined;
}

/** The command of this name. */
export function commandNamed(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const known = COMMANDS.map((command) => command.name).join(", ");
  throw new UsageError(`there is no command ${name}; commands are ${known}`);
}

/**
 * Reads what is behind a command's name.
 * @throws {UsageError} If an option is unknown, has no value, or there is a word too many or too few.
 */
export function parse(command: Command, words: readonly string[]): Parsed {
  const { options, argument } = command;
  const hint = `see ${PROGRAM} ${command.name} --help`;
  const valued = options.filter(({ value }) => value !== undefined);
  const parsed = parseArgs([...words], {
    string: valued.map(({ name }) => name),
    boolean: options.filter(({ value }) => value === undefined).map(({ name }) => name),
    alias: Object.fromEntries(options.flatMap(({ name, short }) => short ? [[name, short]] : [])),
    unknown: (word: string, name?: string) => {
      if (name === undefined) return true;
      throw new UsageError(`${command.name} has no option ${word.split("=")[0]}; ${hint}`);
    },
  }) as Record<string, unknown> & { _: unknown[] };
  const given = parsed._.map(String);
  const most = argument === undefined ? 0 : 1;
  const isHelp = parsed.help === true;
  if (given.length > most) throw new UsageError(`unexpected ${given[most]}; ${hint}`);
  if (given.length === 0 && argument?.isOptional === false && !isHelp) {
    throw new UsageError(`${command.name} needs ${argument.name}; ${hint}`);
  }
  for (const { name, value } of valued) {
    if (parsed[name] === "") throw new UsageError(`--${name} needs ${value}; ${hint}`);
  }
  if (typeof argument?.kind === "object" && given.length > 0 && !argument.kind.includes(given[0])) {
    throw new UsageError(`expected ${argument.kind.join(", ")}, not ${given[0]}; ${hint}`);
  }
  return {
    argument: given[0],
    isSet: (name) => parsed[name] === true,
    valueOf: (name) => parsed[name] as string | undefined,
  };
}
