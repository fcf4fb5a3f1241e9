/** The command line as containerd writes it: Go's flags, then the action. */

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
  /** Only tell what the runtime is, see `-info` in runc/info.ts. */
  readonly info: boolean;
}

/** Flags with a value. */
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
/** Flags without, unless it stands behind a `=`. */
const BOOLEANS = ["debug", "version", "v", "info"];

/**
 * Reads the command line as Go's flag package does, which takes one dash or two, and a value after `=` or as the next argument. Up to
 * the action it is all flags.
 * @throws {Error} for an unknown flag, one without its value, and an empty namespace.
 */
export function parseArguments(args: readonly string[]): Arguments {
  const strings = new Map<string, string>();
  const booleans = new Map<string, boolean>();
  let index = 0;
  for (let match; (match = /^--?([^=]+)(?:=([^]*))?$/.exec(args[index] ?? "")) !== null; index++) {
    const [, name, value] = match;
    if (BOOLEANS.includes(name)) booleans.set(name, parseBoolean(name, value ?? "true"));
    else if (!STRINGS.includes(name)) throw unknownFlag(name);
    else if (value !== undefined) strings.set(name, value);
    else if (++index < args.length) strings.set(name, args[index]);
    else throw new Error(`the flag -${name} needs a value`);
  }
  const string = (name: string) => strings.get(name) ?? "";
  const boolean = (name: string) => booleans.get(name) ?? false;
  const version = boolean("version") || boolean("v");
  const info = boolean("info");
  if (!version && !info && string("namespace") === "") {
    throw new Error("the flag -namespace is required and can't be empty");
  }
  return {
    action: args[index] ?? "serve",
    namespace: string("namespace"),
    id: string("id"),
    address: string("address"),
    socket: string("socket"),
    bundle: string("bundle") || Deno.cwd(),
    debug: boolean("debug"),
    version,
    info,
  };
}

function parseBoolean(name: string, value: string): boolean {
  if (value === "true" || value === "false") return value === "true";
  throw new Error(`expected true or false for the flag -${name}, not ${value}`);
}

function unknownFlag(name: string): Error {
  return new Error(`unknown flag -${name}; known are -${[...STRINGS, ...BOOLEANS].join(", -")}`);
}
