/**
 * containerd-shim-ts-v2: a containerd runtime v2 shim for OCI runtimes like runc.
 *
 * containerd executes it with `start` for each container, or each group of them; that leaves a server behind (`serve`), which
 * containerd drives by ttrpc; `delete` cleans up. Each action is loaded only when it is chosen: containerd waits for all three.
 */
import configuration from "./deno.json" with { type: "json" };
import { type Arguments, parseArguments } from "./shim/arguments.ts";

const NAME = "containerd-shim-ts-v2";

async function run(args: Arguments): Promise<void> {
  if (args.version) {
    const { version } = configuration;
    return console.log(`${NAME}:\n  Version:  ${version}\n  Deno version: ${Deno.version.deno}\n`);
  }
  switch (args.action) {
    case "start": {
      const { start } = await import("./shim/start.ts");
      Deno.stdout.writeSync(new TextEncoder().encode(await start(args)));
      // Not a moment longer: the server is a child, for which Deno would wait.
      return Deno.exit(0);
    }
    case "delete": {
      const { cleanUp } = await import("./runc/clean_up.ts");
      Deno.stdout.writeSync(await cleanUp(args));
      return Deno.exit(0);
    }
    case "serve": {
      const [{ serve }, { createTask }] = await Promise.all([
        import("./shim/serve.ts"),
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
