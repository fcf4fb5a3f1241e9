/** gRPC in the place of ttrpc. */

import { assertEquals } from "@std/assert";
import { testBetterThanGo } from "./black_box.ts";
import { Bundle, callShim, shimArguments, shutDown } from "./direct_shim.ts";
import type { RecordedEvent } from "./event_recorder.ts";
import type { PrivateContainerd } from "./private_containerd.ts";
import { TaskClient } from "./task_client.ts";

/** A shim that knows of no ttrpc address, but of containerd's gRPC socket by its flag. */
async function startWithoutTtrpc(
  containerd: PrivateContainerd,
  bundle: Bundle,
): Promise<TaskClient> {
  const args = shimArguments(containerd, bundle.id, "start");
  const { stdout } = await callShim(containerd, bundle.path, args, { TTRPC_ADDRESS: "" });
  return await TaskClient.connect(new TextDecoder().decode(stdout));
}

/** The names of the events of a life. */
function names(events: RecordedEvent[]): string[] {
  return events.map(({ topic }) => topic.replace("/tasks/", ""));
}

testBetterThanGo("without a ttrpc address events go by gRPC, in order", async (containerd) => {
  await using events = await containerd.recordEvents();
  const bundle = await Bundle.make(containerd, "box");
  const tasks = await startWithoutTtrpc(containerd, bundle);
  const rootfs = [await bundle.rootfs(containerd)];
  const { pid } = await tasks.call("Create", { id: "box", bundle: bundle.path, rootfs });
  await tasks.call("Start", { id: "box" });
  await tasks.call("Kill", { id: "box", signal: 9 });
  await tasks.call("Wait", { id: "box" });
  await tasks.call("Delete", { id: "box" });
  await shutDown(tasks, "box");
  await events.catchUp();
  assertEquals(names(events.tasks), ["create", "start", "exit", "delete"]);
  const [create, , exit] = events.tasks.map(({ body }) => body);
  assertEquals([create.bundle, create.pid], [bundle.path, pid]);
  assertEquals([exit.pid, exit.exit_status], [pid, 137]);
  await bundle.remove();
});

testBetterThanGo("events by gRPC wait for a containerd that is away", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const tasks = await startWithoutTtrpc(containerd, bundle);
  const rootfs = [await bundle.rootfs(containerd)];
  await tasks.call("Create", { id: "box", bundle: bundle.path, rootfs });
  await containerd.stop("SIGKILL");
  await tasks.call("Start", { id: "box" });
  await tasks.call("Kill", { id: "box", signal: 9 });
  await tasks.call("Wait", { id: "box" });
  await containerd.boot();
  await using events = await containerd.recordEvents();
  await tasks.call("Delete", { id: "box" });
  // Events go out in their order, so this one has come after all that waited; and the shim ends when all are out.
  await events.until(({ topic }) => topic === "/tasks/delete");
  await shutDown(tasks, "box");
  await bundle.remove();
});
