/** containerd-shim-ts-wasi-v1: a shim whose containers are WASI preview 1 modules, each in a process of its own. */
import { run } from "../../shim/run.ts";

await run({
  name: "containerd-shim-ts-wasi-v1",
  runtime: "io.containerd.ts-wasi.v1",
  version: "1.0.0",
  createTask: async (shim) => new (await import("./task.ts")).WasiTask(shim),
  cleanUp: async (args) => (await import("./lost_container.ts")).removeLostContainer(args),
  actions: { module: async (args) => (await import("./module/mod.ts")).runModule(args) },
});
