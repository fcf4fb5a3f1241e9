/** A shim whose Task service does wrong what a signal asks for. */
import { SkeletonTask } from "../../../examples/skeleton/task.ts";
import type { KillRequest } from "../../../shim/mod.ts";
import { run } from "../../../shim/run.ts";

const [SIGHUP, SIGINT, SIGQUIT] = [1, 2, 3];

class FaultyTask extends SkeletonTask {
  override kill(request: KillRequest) {
    switch (request.signal) {
      case SIGHUP:
        throw new Error("thrown by mistake");
      case SIGINT:
        return Deno.exit(3);
      case SIGQUIT:
        // Nobody waits for this one.
        Promise.reject(new Error("rejected behind the answer"));
        return;
      default:
        return super.kill(request);
    }
  }
}

await run({
  name: "containerd-shim-faulty-v1",
  runtime: "io.containerd.faulty.v1",
  version: "1.0.0",
  createTask: (shim) => new FaultyTask(shim),
});
