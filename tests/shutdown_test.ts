/** Shutdown: what a shim without containers still does before it ends. */

import { assertEquals, assertRejects } from "@std/assert";
import { ForwardRequest } from "../proto/mod.ts";
import { Server } from "../shim/ttrpc/mod.ts";
import { test, testBetterThanGo } from "./black_box.ts";
import { Bundle, callShim, DirectShim, serverPid, shimArguments } from "./direct_shim.ts";
import { eventually } from "./eventually.ts";
import { findProcess, isAlive } from "./processes.ts";
import { TaskClient } from "./task_client.ts";

const id = "box";

test("Shutdown ends the shim, and its socket is gone", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const other = await TaskClient.connect(shim.address);
  await shim.end();
  assertEquals(isAlive(shim.pid), false);
  await assertRejects(() => Deno.stat(shim.address.replace("unix://", "")), Deno.errors.NotFound);
  await other.client.closed;
});

test("two Shutdowns at once are as good as one", async (containerd) => {
  const shim = await DirectShim.start(containerd, id);
  const other = await TaskClient.connect(shim.address);
  const clients = [shim.tasks, other];
  // The shim may be gone before an answer is.
  await Promise.allSettled(clients.map((client) => client.call("Shutdown", { id })));
  await Promise.all(clients.map(({ client }) => client.closed));
  await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
  await shim.bundle.remove();
});

test("all events are sent before the end", async (containerd) => {
  const bundle = await Bundle.make(containerd, id);
  // A containerd that takes the first event, and is slow with its answer.
  const path = `${bundle.path}/events`;
  const topics: string[] = [];
  const slow = Promise.withResolvers<void>();
  const events = new Server(
    new Map([["containerd.services.events.ttrpc.v1.Events", {
      async Forward(payload: Uint8Array) {
        topics.push(ForwardRequest.decode(payload).envelope!.topic);
        await slow.promise;
        return new Uint8Array();
      },
    }]]),
  );
  const served = events.serve(Deno.listen({ transport: "unix", path }));

  const args = shimArguments(containerd, id, "start");
  const { stdout } = await callShim(containerd, bundle.path, args, { TTRPC_ADDRESS: path });
  const address = new TextDecoder().decode(stdout);
  const shimPid = serverPid(address);
  const tasks = await TaskClient.connect(address);
  const rootfs = [await bundle.rootfs(containerd)];
  await tasks.call("Create", { id, bundle: bundle.path, rootfs });
  await tasks.call("Start", { id });
  await tasks.call("Kill", { id, signal: 9 });
  await tasks.call("Wait", { id });
  await tasks.call("Delete", { id });
  const shutdown = tasks.call("Shutdown", { id }).catch(() => {});
  await eventually("an event", () => topics.length > 0 || undefined);
  await shutdown;
  assertEquals([isAlive(shimPid), topics], [true, ["/tasks/create"]]);

  slow.resolve();
  await eventually("an end of the shim", () => !isAlive(shimPid) || undefined);
  const expected = ["create", "start", "exit", "delete"].map((topic) => `/tasks/${topic}`);
  assertEquals(topics, expected);
  tasks.client.close();
  await events.close();
  await served;
  await bundle.remove();
});

testBetterThanGo("after SIGTERM a shim lives as long as its container", async (containerd) => {
  const shim = await DirectShim.run(containerd, id);
  const init = (await shim.tasks.call("State", { id })).pid;
  Deno.kill(shim.pid, "SIGTERM");
  shim.tasks.client.close();
  await shim.tasks.client.closed;
  const tasks = await TaskClient.connect(shim.address);
  assertEquals((await tasks.call("State", { id })).pid, init);
  Deno.kill(init, "SIGKILL");
  await tasks.call("Wait", { id });

  // Nor does it end before its client has gone, who may still want to know how the container ended.
  assertEquals((await tasks.call("State", { id })).exitStatus, 137);
  tasks.client.close();
  await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
  await assertRejects(() => Deno.stat(shim.address.replace("unix://", "")), Deno.errors.NotFound);
  await shim.bundle.delete(containerd);
  await shim.bundle.remove();
});

testBetterThanGo(
  "SIGTERM ends a shim whose container has ended without a client",
  async (containerd) => {
    const shim = await DirectShim.run(containerd, id);
    const init = (await shim.tasks.call("State", { id })).pid;
    shim.tasks.client.close();
    Deno.kill(init, "SIGKILL");
    await eventually("an end of init", () => findProcess(init) === undefined || undefined);
    Deno.kill(shim.pid, "SIGTERM");
    await eventually("an end of the shim", () => !isAlive(shim.pid) || undefined);
    await shim.bundle.delete(containerd);
    await shim.bundle.remove();
  },
);
