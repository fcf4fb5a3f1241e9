/**
 * containerd-shim-skeleton-v1: the least shim. What it runs as a container is an ordinary process of the host: no namespaces, no
 * cgroup, no root file system of its own. docs/writing-a-shim.md builds it up.
 */
import { run } from "../../shim/run.ts";

await run({
  name: "containerd-shim-skeleton-v1",
  runtime: "io.containerd.skeleton.v1",
  version: "1.0.0",
  createTask: async (shim) => new (await import("./task.ts")).SkeletonTask(shim),
});
