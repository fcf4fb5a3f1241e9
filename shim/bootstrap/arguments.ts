/** The command line as containerd writes it: flags in the form of Go's package flag, then the action. */
import { parseArgs } from "@std/cli/parse-args";

/** What the command line says. */
export interface Arguments {
  /** `start`, `delete`, `serve`, or any other word. */
  readonly action: string;
  /** containerd's namespace; it is empty only with `version` and `info`. */
  readonly namespace: string;
  /** The id of the container. */
  readonly id: string;
  /** The path of containerd's gRPC socket. */
  readonly address: string;
  /** The path of the server's socket. */
  readonly socket: string;
  /** The folder of the server's door (shared.ts); empty if no other container may join it. */
  readonly doors: string;
  /** The bundle's folder; by default the current one. */
  readonly bundle: string;
  readonly debug: boolean;
  /** Only print the version. */
  readonly version: boolean;
  /** Only tell what the runtime is, see `-info` in runc/features.ts. */
  readonly info: boolean;
}

const STRINGS = [
  "namespace",
  "id",
  "address",
  "socket",
  "bundle",
  "doors",
  // containerd passes these, or used to; nothing here needs them.
  "publish-binary",
  "debug-socket",
];
const BOOLEANS = ["debug", "version", "v", "info"];

/**
 * Parses the command line. As in Go a flag has one dash or two, and its value is behind `=` or is the next argument.
 * @throws {Error} If a flag is unknown or has no value, or the namespace is empty.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const parsed = parseArgs(toDoubleDash(args), {
    string: STRINGS,
    boolean: BOOLEANS,
    stopEarly: true,
  });
  const flags = parsed as
    & Record<string, string>
    & Record<"debug" | "version" | "v" | "info", boolean>;
  const version = flags.version || flags.v;
  if (!version && !flags.info && !flags.namespace) {
    throw new Error("the flag -namespace is required and can't be empty");
  }
  return {
    action: String(parsed._[0] ?? "serve"),
    namespace: flags.namespace ?? "",
    id: flags.id ?? "",
    address: flags.address ?? "",
    socket: flags.socket ?? "",
    doors: flags.doors ?? "",
    bundle: flags.bundle || Deno.cwd(),
    debug: flags.debug,
    version,
    info: flags.info,
  };
}

/** Rewrites flags for parseArgs, which reads `-id x` as the short flags i and d, and accepts no value that begins with a dash. */
function toDoubleDash(args: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const match = /^--?([^=]+)(=[^]*)?$/.exec(args[index]);
    if (match === null) return [...result, ...args.slice(index)];
    const [, name, value] = match;
    if (BOOLEANS.includes(name)) {
      if (value !== undefined && value !== "=true" && value !== "=false") {
        throw new Error(`expected true or false for the flag -${name}, not ${value.slice(1)}`);
      }
      result.push(`--${name}${value ?? ""}`);
    } else if (!STRINGS.includes(name)) {
      throw new Error(`unknown flag -${name}; known are -${[...STRINGS, ...BOOLEANS].join(", -")}`);
    } else if (value !== undefined) {
      result.push(`--${name}${value}`);
    } else if (++index < args.length) {
      result.push(`--${name}=${args[index]}`);
    } else {
      throw new Error(`the flag -${name} needs a value`);
    }
  }
  return result;
}
