/**
 * The command line as containerd writes it: flags in the form of Go's package flag, then the action. `@std/cli` has another form: it
 * takes `-id x` for the short flags i and d, and no value that begins with a dash.
 */

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
  const values = new Map<string, string>();
  let index = 0;
  for (; isFlag(args[index]); index++) {
    const flag = args[index].slice(args[index].startsWith("--") ? 2 : 1);
    const equals = flag.indexOf("=");
    const name = equals === -1 ? flag : flag.slice(0, equals);
    const value = equals === -1 ? undefined : flag.slice(equals + 1);
    if (BOOLEANS.includes(name)) values.set(name, toBoolean(name, value));
    else if (!STRINGS.includes(name)) {
      throw new Error(`unknown flag -${name}; known are -${[...STRINGS, ...BOOLEANS].join(", -")}`);
    } else if (value !== undefined) values.set(name, value);
    else if (++index < args.length) values.set(name, args[index]);
    else throw new Error(`the flag -${name} needs a value`);
  }
  const text = (name: string) => values.get(name) ?? "";
  const isSet = (name: string) => text(name) === "true";
  const version = isSet("version") || isSet("v");
  const info = isSet("info");
  if (!version && !info && text("namespace") === "") {
    throw new Error("the flag -namespace is required and can't be empty");
  }
  return {
    action: args[index] ?? "serve",
    namespace: text("namespace"),
    id: text("id"),
    address: text("address"),
    socket: text("socket"),
    doors: text("doors"),
    bundle: text("bundle") || Deno.cwd(),
    debug: isSet("debug"),
    version,
    info,
  };
}

/** The first argument that is none, or a dash alone, is the action. */
function isFlag(argument: string | undefined): argument is string {
  return argument !== undefined && argument.length > 1 && argument.startsWith("-");
}

function toBoolean(name: string, value = "true"): string {
  if (value === "true" || value === "false") return value;
  throw new Error(`expected true or false for the flag -${name}, not ${value}`);
}
