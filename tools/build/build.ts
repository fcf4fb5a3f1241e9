/** `deno task build [PROGRAM]`: makes dist/containerd-shim-ts-v2, or another shim, as one file that works with the repository gone. */
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import configuration from "../../deno.json" with { type: "json" };
import { fail } from "../common/fail.ts";
import { revision, withRevision } from "./commit.ts";
import { compact } from "./compact.ts";
import { portable } from "./portable.ts";
import { replace } from "./replace.ts";
import { scriptForm } from "./script_form.ts";

const REPOSITORY = fromFileUrl(new URL("../..", import.meta.url));

/** There are many servers, which do little: these make them small, at next to no cost (`task bench memory`; --lite-mode doubles that of Stats). */
const V8_FLAGS = [
  // Four threads instead of eight.
  "--single-threaded",
  // One compiler, for what is hot, instead of three.
  "--no-sparkplug",
  "--no-maglev",
  "--optimize-for-size",
  // Else what is young is promoted before it is collected, and stays.
  "--min-semi-space-size=1",
  "--max-semi-space-size=1",
  // For shim/server/garbage.ts.
  "--expose-gc",
  // Else that throws away what V8 has made of the functions, and whoever comes next waits until it is made anew: 4 ms for a Create.
  "--no-flush-bytecode",
];

/** What the shim runs with, in both forms. */
const FLAGS = [
  // Bundles, cgroups and root file systems are anywhere.
  "--allow-read",
  "--allow-write",
  // The path of runc is the user's choice.
  "--allow-run",
  // libc.
  "--allow-ffi",
  // Unix sockets, which can't be allowed by folder.
  "--allow-net",
  "--allow-env",
  // umask, which can't be allowed by name.
  "--allow-sys",
  `--v8-flags=${V8_FLAGS.join(",")}`,
];

/**
 * A library that is seldom needed and longer than all the rest; bundled by itself it can be minified. Without what it would load only
 * to serve channelz and ORCA, of which the shim serves neither.
 */
const LIBRARY = "@grpc/grpc-js";
const LIBRARY_MODULE = "./grpc.cjs";
/** An import or a require of it, however it is written. */
const LIBRARY_IMPORT = /\b(?:from|import|require)\s*\(?\s*["'`]@grpc\/grpc-js["'`/]/;
const NOT_NEEDED = "@grpc/proto-loader";
/** protobufjs does not load it here, see proto/hidden_globals.ts: nearly a fifth of what a server loads before it listens. */
const HIDDEN = "long";
/** Of all bundles of ours. For its own platform Deno would import `node:module` at once, where anything is left to be required. */
const BUNDLE_FLAGS = ["--platform", "browser", "--external", LIBRARY, "--external", HIDDEN];

/**
 * The commands for people (commands/), bundled by themselves: what they share with the shim would else be cut into more pages, and grow by
 * what only they need.
 */
const COMMANDS = "./commands/mod.ts";
const COMMANDS_MODULE = "./commands.js";

/** Where Deno gets its compile runtime from. */
const DOWNLOADS = "https://dl.deno.land/";
const PROBE_MS = 3_000;
/** How long to compile where the downloads can't be reached, and the runtime may still be in Deno's cache. */
const OFFLINE_MS = 5_000;
const DOWNLOAD_MS = 300_000;

/**
 * Builds a shim: as a compiled executable where Deno's compile runtime can be had, else as a script for the Deno that runs this.
 * Prints which of them it is, and why.
 * @param program The folder of its main.ts; this repository's shim where not given.
 * @returns The path of the file, which has the name that the shim tells of itself.
 */
export async function build(program = REPOSITORY): Promise<string> {
  const start = performance.now();
  const main = join(program, "main.ts");
  let path = main;
  let refusal: string | undefined;
  try {
    const name = await nameOf(main);
    path = join(REPOSITORY, "dist", name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await replace(path, async (file) => {
      ({ refusal } = await makeExecutable(file, name, main));
      await expectToRun(file, name);
    });
  } catch (error) {
    fail(`can't build ${path}: ${(error as Error).message}`);
  }
  const form = refusal === undefined ? "a compiled executable" : `a script for ${Deno.execPath()}`;
  const kilobytes = Math.round((await Deno.stat(path)).size / 1000);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`Built ${path}: ${form}, ${kilobytes} kB, in ${seconds} s`);
  if (refusal !== undefined) console.log(`(Deno's compile runtime can't be had: ${refusal})`);
  return path;
}

/** An executable that was made. */
export interface Executable {
  /** Why it is a script, and not compiled; undefined where it is compiled. */
  readonly refusal: string | undefined;
  /** What it was made of, see {@linkcode bundleModules}. */
  readonly modules: ReadonlyMap<string, string>;
}

/** For which machine an executable is, if it is not for this one. */
export interface Target {
  /** As in `x86_64-unknown-linux-gnu`. */
  readonly triple?: string;
  /** The path of the Deno that a script runs with. */
  readonly deno?: string;
}

/**
 * Makes the executable of a program, in either form.
 * @param file Its path, in a folder where `modules` can be made beside it.
 * @param name What it tells of itself.
 * @param main Its main module.
 */
export async function makeExecutable(
  file: string,
  name: string,
  main: string,
  { triple, deno = Deno.execPath() }: Target = {},
): Promise<Executable> {
  const folder = join(dirname(file), "modules");
  const modules = await bundleModules(folder, main);
  const refusal = await compile(join(folder, "main.js"), file, triple);
  if (refusal !== undefined) {
    await Deno.writeTextFile(file, scriptForm(name, deno, FLAGS, modules));
    await Deno.chmod(file, 0o755);
  }
  return { refusal, modules };
}

/**
 * Bundles the program into modules, split so that none is loaded that is not needed.
 * @param folder For them; it is made.
 * @param main The main module, `main.ts`.
 * @returns Their texts, by the names under which they import each other.
 */
export async function bundleModules(
  folder: string,
  main = "main.ts",
): Promise<ReadonlyMap<string, string>> {
  const split = ["--code-splitting", "--external", COMMANDS];
  await bundle([...BUNDLE_FLAGS, ...split, "--outdir", folder, main]);
  const bundled = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    bundled.set(`./${name}`, await Deno.readTextFile(join(folder, name)));
  }
  await addCommands(bundled, folder, main);
  const redirected = redirectLibrary(bundled);
  await bundleLibrary(join(folder, LIBRARY_MODULE));
  redirected.set(LIBRARY_MODULE, await Deno.readTextFile(join(folder, LIBRARY_MODULE)));
  const modules = withRevision(compact(portable(redirected)), await revision());
  for (const [name, text] of modules) await Deno.writeTextFile(join(folder, name), text);
  return modules;
}

/** Lets the modules of a bundle import the commands, if they do, from one module that has all that these need. */
async function addCommands(
  modules: Map<string, string>,
  folder: string,
  main: string,
): Promise<void> {
  const words = `import("${COMMANDS}")`;
  const importing = [...modules].filter(([, text]) => text.includes(words));
  if (importing.length === 0) return;
  for (const [name, text] of importing) {
    modules.set(name, text.replaceAll(words, `import("${COMMANDS_MODULE}")`));
  }
  const file = join(folder, COMMANDS_MODULE);
  await bundle([...BUNDLE_FLAGS, "--output", file, join(dirname(main), COMMANDS)]);
  modules.set(COMMANDS_MODULE, await Deno.readTextFile(file));
}

/**
 * Lets the modules of a bundle import gRPC's library from the module of its own that it becomes, instead of by its name, which nobody
 * could resolve where the shim runs.
 * @throws {Error} where they do not import it in the words that shim/grpc/library.ts has for it, or in others, too.
 */
export function redirectLibrary(modules: ReadonlyMap<string, string>): Map<string, string> {
  const words = `import("${LIBRARY}")`;
  const redirected = new Map(
    Array.from(
      modules,
      ([name, text]) => [name, text.replaceAll(words, `import("${LIBRARY_MODULE}")`)],
    ),
  );
  if ([...modules].every(([name, text]) => redirected.get(name) === text)) {
    throw new Error(`expected ${words} in the bundle, as in shim/grpc/library.ts, and found none`);
  }
  const other = [...redirected].find(([, text]) => LIBRARY_IMPORT.test(text));
  if (other) {
    throw new Error(`expected ${LIBRARY} to be imported by ${words} alone, not as in ${other[0]}`);
  }
  return redirected;
}

/**
 * Bundles gRPC's library.
 * @param file The module that it becomes.
 * @param minify Minified it does not tell any more what it was made of.
 */
export async function bundleLibrary(file: string, minify = true): Promise<void> {
  const specifier = configuration.imports[LIBRARY];
  const options = ["--format", "cjs", "--external", NOT_NEEDED, ...minify ? ["--minify"] : []];
  await bundle([...options, "--output", file, specifier]);
}

async function bundle(args: string[]): Promise<void> {
  const { success, stderr } = await deno(["bundle", "--quiet", ...args]);
  if (!success) throw new Error(`deno bundle failed\n${stderr}`);
}

/** @returns Why it could not compile; nothing where it could. */
async function compile(
  main: string,
  path: string,
  triple?: string,
): Promise<string | undefined> {
  const limit = Deno.env.has("DENORT_BIN") || await answers(DOWNLOADS) ? DOWNLOAD_MS : OFFLINE_MS;
  const flags = ["--quiet", "--no-config", "--no-lock", "--no-check", "--no-code-cache", ...FLAGS];
  if (triple !== undefined) flags.push("--target", triple);
  const { success, stderr } = await deno(
    ["compile", ...flags, "--output", path, main],
    AbortSignal.timeout(limit),
  );
  if (success) return undefined;
  // Deno lists the causes, the first ones saying what it was about to do.
  const causes = [...stderr.matchAll(/^ +\d+: (.*)$/gm)].map(([, cause]) => cause)
    .filter((cause) => cause !== "Setting up base binary.");
  return causes[0] ?? (stderr.trim() || `nothing came from ${DOWNLOADS} in ${limit / 1000} s`);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch {
    return false;
  }
}

/** What a shim's main module tells with `-v`, up to the first colon. */
async function nameOf(main: string): Promise<string> {
  const { stdout, stderr } = await deno(["run", "--allow-all", main, "-v"]);
  const [, name] = /^(containerd-shim-[\w-]+-v\d+):/.exec(stdout) ?? [];
  if (name !== undefined) return name;
  throw new Error(`expected containerd-shim-NAME-vN: from ${main} -v, got ${stdout}${stderr}`);
}

async function expectToRun(path: string, name: string): Promise<void> {
  const { stdout, stderr } = await run(path, ["-v"]);
  if (!stdout.startsWith(`${name}:`)) {
    throw new Error(`expected the version of ${name} from its flag -v, got ${stdout}${stderr}`);
  }
}

async function deno(args: string[], signal?: AbortSignal): Promise<Result> {
  return await run(Deno.execPath(), args, signal);
}

interface Result {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, args: string[], signal?: AbortSignal): Promise<Result> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    signal,
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

if (import.meta.main) {
  const [program, ...more] = Deno.args;
  if (more.length > 0) {
    fail(`expected the folder of one program at most, got ${Deno.args.join(" ")}`);
  }
  // deno task runs in the repository; INIT_CWD is where it was called.
  await build(program && resolve(Deno.env.get("INIT_CWD") ?? ".", program));
}
