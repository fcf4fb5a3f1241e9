/**
 * The way in of a shim: its main module calls {@linkcode run} and imports nothing else. containerd executes the program for each action
 * and waits for it, so each part of it is imported when its action is chosen.
 */
import { type Arguments, parseArguments } from "./bootstrap/arguments.ts";
import { encodeDeleteResponse, type Ended } from "./bootstrap/delete_response.ts";
import type { Features } from "./bootstrap/runtime_info.ts";
import type { CreateTask } from "./server/mod.ts";

/** A shim: who it is, and what is its own in each action. What these functions need they import when they are called. */
export interface Program {
  /** The name of the executable: `containerd-shim-NAME-VERSION`. */
  readonly name: string;
  /** The name by which clients ask for it: `io.containerd.NAME.VERSION`, or any other that ends in these two. */
  readonly runtime: string;
  readonly version: string;
  /** The commit that it was built from. */
  readonly revision?: string;
  /** Makes the Task service of a server, for the action `serve`. */
  readonly createTask: CreateTask;
  /**
   * The action `delete`, in the bundle's folder: removes what a shim that died has left of its container, and does nothing where it has
   * left nothing. Without it that is what a {@linkcode HostProcess} leaves.
   * @returns How the container ended.
   */
  readonly cleanUp?: (args: Arguments) => Promise<Ended>;
  /**
   * Whether `createTask` may be called again in the same process, also while what it has made before is in use: then a server may be
   * kept for the next container, which need not wait for a new one, or have several at a time.
   */
  readonly isReusable?: boolean;
  /** What `-info` tells of the runtime beside its name and its version. */
  readonly features?: Features;
  /** Further actions, by their names: programs that the shim starts itself, in the same executable. */
  readonly actions?: Readonly<Record<string, (args: Arguments) => Promise<void>>>;
  /**
   * Commands for people: called with a command line whose first word is neither a flag of containerd's nor an action, or is `--help`.
   * @returns The exit code.
   */
  readonly command?: (words: readonly string[]) => Promise<number>;
}

const ACTIONS = ["start", "delete", "serve"];

/** Does what the command line asks for; an error goes to standard error, and the exit code is 1 then. */
export async function run(program: Program): Promise<void> {
  try {
    if (isCommand(program)) Deno.exit(await program.command!(Deno.args));
    await act(program, parseArguments(Deno.args));
  } catch (error) {
    console.error(`${program.name}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}

/** containerd's command lines begin with a flag; a lone action is told what it lacks. */
function isCommand({ command, actions = {} }: Program): boolean {
  const [word] = Deno.args;
  if (command === undefined || word === undefined) return false;
  if (word.startsWith("-")) return ["--help", "-h"].includes(word);
  return !ACTIONS.includes(word) && !Object.hasOwn(actions, word);
}

async function act(program: Program, args: Arguments): Promise<void> {
  const { name, runtime, version, revision, actions = {} } = program;
  if (args.version) {
    const facts = { Version: version, Revision: revision, "Deno version": Deno.version.deno };
    const lines = Object.entries(facts).filter(([, fact]) => fact !== undefined)
      .map(([word, fact]) => `  ${`${word}:`.padEnd(9)} ${fact}\n`);
    return console.log(`${name}:\n${lines.join("")}`);
  }
  if (args.info) {
    const [{ takeInput }, { runtimeInfo }] = await Promise.all([
      import("./bootstrap/input.ts"),
      import("./bootstrap/runtime_info.ts"),
    ]);
    const versions = { version, revision };
    return answer(await runtimeInfo(runtime, versions, takeInput(), program.features));
  }
  switch (args.action) {
    case "start": {
      const { start } = await import("./bootstrap/start.ts");
      await start(args, program, write);
      return Deno.exit(0);
    }
    case "delete":
      return answer(encodeDeleteResponse(await (program.cleanUp ?? removeLostProcess)(args)));
    case "serve": {
      const { serve } = await import("./server/serve.ts");
      return serve(args, program);
    }
  }
  if (Object.hasOwn(actions, args.action)) return await actions[args.action](args);
  const known = [...ACTIONS, ...Object.keys(actions)];
  throw new Error(`unknown action ${args.action}; known are ${known.join(", ")}`);
}

async function removeLostProcess(args: Arguments): Promise<Ended> {
  const lost = await import("./host/lost_process.ts");
  return await lost.removeLostProcess(args);
}

/** Writes an answer for containerd. */
function write(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}

/** {@linkcode write}, and the end: Deno's own takes longer. */
function answer(bytes: Uint8Array): void {
  write(bytes);
  Deno.exit(0);
}
