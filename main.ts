/**
 * containerd-shim-ts-v2: a containerd runtime v2 shim for OCI runtimes like runc.
 *
 * containerd executes it with `start` for each container, or each group of them; that leaves a server behind (`serve`), which
 * containerd drives by ttrpc; `delete` cleans up.
 */
import configuration from "./deno.json" with { type: "json" };
import { run } from "./shim/run.ts";

/** The build puts the commit in its place (tools/build/commit.ts). */
const REVISION = "unknown revision";

await run({
  name: "containerd-shim-ts-v2",
  runtime: "io.containerd.ts.v2",
  version: configuration.version,
  revision: REVISION,
  isReusable: true,
  createTask: async (...given) => (await import("./runc/mod.ts")).createTask(...given),
  cleanUp: async (args) => (await import("./runc/delete/clean_up.ts")).cleanUp(args),
  command: async (words) => (await import("./commands/mod.ts")).runCommand(words),
  features: async (options) => (await import("./runc/features.ts")).readFeatures(options),
});
