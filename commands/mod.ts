/**
 * The commands for those who run the machine: `ps`, `inspect`, … in the same executable as the shim. They are a program of their own, which
 * is loaded only when its name is the first word of the command line: what containerd calls must not wait for it.
 */
import configuration from "../deno.json" with { type: "json" };
import { completion } from "./command_line/completion.ts";
import { PROGRAM } from "./command_line/description.ts";
import { commandHelp, programHelp } from "./command_line/help.ts";
import { commandNamed, parse, type Parsed } from "./command_line/parse.ts";
import { doctor } from "./doctor/mod.ts";
import { events } from "./events.ts";
import { ExitCode, Failure } from "./output/failure.ts";
import type { Scope } from "./find/survey.ts";
import { inspect } from "./inspect.ts";
import { print } from "./output/print.ts";
import { ps } from "./ps.ts";
import { stats } from "./stats.ts";
import { tree } from "./tree.ts";

/**
 * Does what the command line asks for. What is wrong is told on standard error.
 * @param args Of which the first is the command's name.
 * @returns The exit code.
 */
export async function runCommand([name, ...words]: readonly string[]): Promise<number> {
  try {
    if (name.startsWith("-") || name === "help") return help(words[0]);
    const command = commandNamed(name);
    const parsed = parse(command, words);
    if (parsed.isSet("help")) return help(name);
    return await ACTIONS[name](parsed);
  } catch (error) {
    console.error(`${PROGRAM}: ${(error as Error).message}`);
    return error instanceof Failure ? error.exitCode : ExitCode.FAILED;
  }
}

/** What each command does, by its name in the description. */
const ACTIONS: Readonly<Record<string, (parsed: Parsed) => Promise<number>>> = {
  ps: (parsed) => ps({ ...common(parsed), quiet: parsed.isSet("quiet") }),
  tree: (parsed) => tree({ ...common(parsed), id: parsed.argument }),
  inspect: (parsed) => inspect({ ...common(parsed), id: parsed.argument! }),
  events: (parsed) => {
    const topics = parsed.valueOf("topic")?.split(",") ?? [];
    return events({
      ...common(parsed),
      id: parsed.argument,
      topics: topics.map((topic) => topic.startsWith("/") ? topic : `/${topic}`),
      follow: parsed.isSet("follow"),
    });
  },
  doctor: (parsed) => doctor({ ...common(parsed), fix: parsed.isSet("fix") }),
  completion: (parsed) => {
    print(completion(parsed.argument!));
    return Promise.resolve(ExitCode.FINE);
  },
  stats: (parsed) => stats({ ...common(parsed), id: parsed.argument, once: parsed.isSet("once") }),
};

/** What all commands have that look at the machine. They need root: shims' sockets, and what /proc tells of them, are root's. */
function common(parsed: Parsed): Scope & { json: boolean } {
  if (Deno.uid() !== 0) {
    throw new Failure(
      "this needs root, to whom shims and their sockets belong: use sudo, or for a rootless containerd nsenter into its user and mount namespaces",
    );
  }
  return { ...scopeOf(parsed), json: parsed.isSet("json") };
}

function scopeOf(parsed: Parsed): Scope {
  return {
    address: parsed.valueOf("address"),
    state: parsed.valueOf("state"),
    namespace: parsed.valueOf("namespace"),
  };
}

function help(name: string | undefined): number {
  print(name === undefined ? programHelp(configuration.version) : commandHelp(commandNamed(name)));
  return ExitCode.FINE;
}
