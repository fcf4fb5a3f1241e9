/**
 * containerd-shim-ts-v2: a containerd runtime v2 shim for OCI runtimes like runc.
 *
 * containerd executes it with `start` for each container, or each group of them; that leaves a server behind (`serve`), which
 * containerd drives by ttrpc; `delete` cleans up. Each action is loaded only when it is chosen: containerd waits for all three.
 */
import configuration from "./deno.json" with { type: "json" };
import { type Arguments, parseArguments } from "./shim/bootstrap/arguments.ts";

const NAME = "containerd-shim-ts-v2";
const RUNTIME = "io.containerd.ts.v2";
const { version } = configuration;

/** Writes an answer for containerd. */
function write(answer: Uint8Array): void {
  for (let written = 0; written < answer.length;) {
    written += Deno.stdout.writeSync(answer.subarray(written));
  }
}

/** {@linkcode write}, and the end: Deno's own takes longer. */
function answer(bytes: Uint8Array): void {
  write(bytes);
  Deno.exit(0);
}

async function run(args: Arguments): Promise<void> {
  if (args.version) {
    return console.log(`${NAME}:\n  Version:  ${version}\n  Deno version: ${Deno.version.deno}\n`);
  }
  if (args.info) {
    const [{ takeInput }, { runtimeInfo }] = await Promise.all([
      import("./shim/bootstrap/handshake.ts"),
      import("./runc/info.ts"),
    ]);
    return answer(await runtimeInfo(RUNTIME, version, takeInput()));
  }
  switch (args.action) {
    case "start": {
      const { start } = await import("./shim/bootstrap/start.ts");
      await start(args, write);
      return Deno.exit(0);
    }
    case "delete": {
      const { cleanUp } = await import("./runc/delete/clean_up.ts");
      return answer(await cleanUp(args));
    }
    case "serve": {
      const [{ serve }, { createTask }] = await Promise.all([
        import("./shim/server/serve.ts"),
        import("./runc/mod.ts"),
      ]);
      return serve(args, createTask);
    }
    default:
      throw new Error(`unknown action ${args.action}; known are start, delete and serve`);
  }
}

try {
  await run(parseArguments(Deno.args));
} catch (error) {
  console.error(`${NAME}: ${(error as Error).message}`);
  Deno.exit(1);
}
