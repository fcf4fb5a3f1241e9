/**
 * The action `module`: the process of one container. At Create it enters the root file system and compiles the module, and says on its
 * descriptor 4 that it is ready, or why it can't be; at Start a newline comes on its descriptor 3, and the module runs. It imports nothing
 * of the kit that it does not need.
 */
import { join } from "@std/path/posix";
import { writeText } from "../../../shim/libc/mod.ts";
import type { Arguments } from "../../../shim/mod.ts";
import { Cgroup } from "../container/cgroup.ts";
import { readSpec, type Spec } from "../container/spec.ts";
import { call, cString } from "./libc.ts";
import { enterRoot, makeFolder } from "./root.ts";
import { makeWasi, WASIProcExit } from "./wasi.ts";

const GATE = 3;
const READINESS = 4;

/** 128 + SIGABRT: the exit status of what ends by its own fault, as wasmtime has it too. */
const TRAPPED = 134;

/** The module of which preview 1's functions are imported. */
const PREVIEW_1 = "wasi_snapshot_preview1";

/** How a component begins (WASI preview 2): a module has 1 as its version, and layer 0. */
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

export function runModule({ bundle }: Arguments): void {
  let run: () => number;
  try {
    run = prepare(bundle);
  } catch (error) {
    say((error as Error).message.replaceAll("\n", " "));
    return Deno.exit(1);
  }
  say("");
  if (call("read", GATE, new Uint8Array(1), 1n) !== 1) Deno.exit(1);
  call("close", GATE);
  Deno.exit(run() & 0xff);
}

function say(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  call("write", READINESS, bytes, BigInt(bytes.length));
  call("close", READINESS);
}

function prepare(bundle: string): () => number {
  const spec = readSpec(bundle);
  const { args, env = [], cwd, oomScoreAdj } = spec.process;
  if (oomScoreAdj !== undefined) writeText("/proc/self/oom_score_adj", `${oomScoreAdj}`);
  // The shim does it meanwhile; nothing of the image is touched before.
  Cgroup.of(bundle)?.add(Deno.pid);
  enterRoot(bundle, spec);
  makeFolder(cwd);
  becomeUser(spec.process.user);
  const path = find(args[0], cwd, env);
  const module = compile(path);
  // WASI has no working directory: wasi-libc's programs find relative paths in the root, some others ask descriptor 3, or PWD.
  const isRoot = join("/", cwd) === "/";
  const hasPwd = env.some((variable) => variable.startsWith("PWD="));
  const wasi = makeWasi({
    args,
    env: isRoot || hasPwd ? env : [...env, `PWD=${cwd}`],
    folders: isRoot ? ["/"] : [cwd, "/"],
  });
  expectKnown(path, module, wasi.wasiImport);
  return () => start(path, module, wasi);
}

/** Takes a user's rights, and its only, for all threads: these functions of glibc's do. */
function becomeUser({ uid, gid, additionalGids = [] }: Spec["process"]["user"] & object = {
  uid: 0,
  gid: 0,
}): void {
  call("setgroups", BigInt(additionalGids.length), Uint32Array.from(additionalGids));
  call("setgid", gid);
  call("setuid", uid);
}

/** The path of the module: by path, or on the PATH of its environment, as that of a program. */
function find(name: string | undefined, cwd: string, env: readonly string[]): string {
  if (!name) throw new Error("expected the path of a WebAssembly module as the first argument");
  const folders = env.find((variable) => variable.startsWith("PATH="))?.slice("PATH=".length) ??
    "/";
  const candidates = name.includes("/")
    ? [join("/", name.startsWith("/") ? name : join(cwd, name))]
    : folders.split(":").map((folder) => join("/", folder, name));
  for (const path of candidates) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`there is no file ${candidates.join(", nor ")} in the root file system`);
}

function compile(path: string): WebAssembly.Module {
  const bytes = Deno.readFileSync(path);
  if (COMPONENT.every((byte, index) => bytes[index] === byte)) {
    throw new Error(`${path} is a component (WASI preview 2): expected a module of WASI preview 1`);
  }
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new Error(`${path} is not a WebAssembly module: ${error.message}`);
  }
  return module;
}

/** @throws {Error} where a module is no command, or needs more than WASI preview 1. */
function expectKnown(
  path: string,
  module: WebAssembly.Module,
  known: Readonly<Record<string, unknown>>,
): void {
  const unknown = WebAssembly.Module.imports(module)
    .filter(({ module, name }) => module !== PREVIEW_1 || !Object.hasOwn(known, name))
    .map(({ module, name, kind }) => `the ${kind} ${module}.${name}`);
  if (unknown.length > 0) {
    throw new Error(`${path} imports what WASI preview 1 does not have: ${unknown.join(", ")}`);
  }
  const exported = WebAssembly.Module.exports(module);
  for (const [kind, name] of [["function", "_start"], ["memory", "memory"]]) {
    if (!exported.some((each) => each.kind === kind && each.name === name)) {
      throw new Error(`${path} has no ${kind} ${name}: expected a command of WASI preview 1`);
    }
  }
}

/** @returns The exit status. */
function start(
  path: string,
  module: WebAssembly.Module,
  wasi: ReturnType<typeof makeWasi>,
): number {
  try {
    const imports = { [PREVIEW_1]: wasi.wasiImport as WebAssembly.ModuleImports };
    const instance = new WebAssembly.Instance(module, imports);
    return wasi.start(instance as Parameters<typeof wasi.start>[0]);
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    const bytes = cString(`${path} trapped: ${text}\n`).subarray(0, -1);
    try {
      call("write", 2, bytes, BigInt(bytes.length));
    } catch {
      // Nobody reads it, or the module has closed it.
    }
    return TRAPPED;
  }
}
