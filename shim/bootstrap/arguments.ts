/** The command line as containerd writes it: Go's flags, then the action. */
import { parseArgs } from "@std/cli/parse-args";

/** What the shim was called to do. */
export interface Arguments {
  /** `start`, `delete`, `serve`, or what else stood there. */
  readonly action: string;
  /** containerd's namespace, never empty (but with `version` and `info`). */
  readonly namespace: string;
  /** The id of the container. */
  readonly id: string;
  /** The path of containerd's gRPC socket. */
  readonly address: string;
  /** The path of the socket to serve on. */
  readonly socket: string;
  /** The bundle's folder; the current one where the flag is not given. */
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
  // Accepted since containerd passes them, or used to; nothing here needs them.
  "publish-binary",
  "debug-socket",
];
const BOOLEANS = ["debug", "version", "v", "info"];

/**
 * Reads the command line. Go's flag package takes one dash or two, and a value after `=` or as the next argument.
 * @throws {Error} for an unknown flag, one without its value, and an empty namespace.
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
    bundle: flags.bundle || Deno.cwd(),
    debug: flags.debug,
    version,
    info: flags.info,
  };
}

/** parseArgs would read `-id x` as the short flags i and d, and take no value that begins with a dash. */
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
