/** Shutdown: what a shim without containers still does before it ends. */

import { assertEquals, assertRejects } from "@std/assert";
import { DeleteResponse, ForwardRequest, TaskExit } from "../../proto/mod.ts";
import { Server } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { findProcess, isAlive } from "../harness/machine/processes.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
} from "../harness/shim/direct_shim.ts";
import { EventServer } from "../harness/shim/event_server.ts";
import { TaskClient } from "../harness/shim/task_client.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

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
  await tasks.call("Create", await bundle.createRequest(containerd));
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

/** A shim with a container that has ended with 42, in which nobody has taken an event and which has no client any more. */
async function endedUnheard(containerd: PrivateContainerd): Promise<{
  bundle: Bundle;
  shim: number;
  address: string;
  /** The path at which the shim looks for who takes its events. */
  events: string;
}> {
  const script = "trap 'exit 42' TERM; while :; do sleep 0.01; done";
  const bundle = await Bundle.make(containerd, id, { args: ["sh", "-c", script] });
  const events = `${bundle.path}/events`;
  const args = shimArguments(containerd, id, "start");
  const { stdout } = await callShim(containerd, bundle.path, args, { TTRPC_ADDRESS: events });
  const address = new TextDecoder().decode(stdout);
  const shim = serverPid(address);
  const tasks = await TaskClient.connect(address);
  const { pid } = await tasks.call("Create", await bundle.createRequest(containerd));
  await tasks.call("Start", { id });
  tasks.client.close();
  // Asked for while the container runs: the shim is to end with its last process.
  Deno.kill(shim, "SIGTERM");
  await eventually("a trap that is set", () => catchesSigterm(pid) || undefined);
  Deno.kill(pid, "SIGTERM");
  await eventually("an end of init", () => findProcess(pid) === undefined || undefined);
  return { bundle, shim, address, events };
}

/** Whether a shell has a handler for SIGTERM (proc(5), SigCgt); the runtime, which it is at first, has one as well. */
function catchesSigterm(pid: number): boolean {
  if (findProcess(pid)!.command[0] !== "sh") return false;
  const mask = /^SigCgt:\t([0-9a-f]+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1];
  return (BigInt(`0x${mask}`) >> 14n & 1n) === 1n;
}

testBetterThanGo("after SIGTERM a shim sends its events before it ends", async (containerd) => {
  const { bundle, shim, events } = await endedUnheard(containerd);
  {
    await using server = new EventServer(events);
    const { envelope } = await server.until(({ envelope }) => envelope.topic === "/tasks/exit");
    assertEquals(TaskExit.decode(envelope.event!.value).exitStatus, 42);
    await eventually("an end of the shim", () => !isAlive(shim) || undefined);
  }
  await bundle.delete(containerd);
  await bundle.remove();
});

testBetterThanGo(
  "a shim that nobody hears after SIGTERM ends, and delete tells how the container did",
  async (containerd) => {
    const before = Date.now();
    const { bundle, shim } = await endedUnheard(containerd);
    await eventually("an end of the shim", () => !isAlive(shim) || undefined);
    await expectExit(containerd, bundle, before, Date.now());
  },
);

testBetterThanGo(
  "delete after a kill -9 of the shim tells how the container ended before",
  async (containerd) => {
    const before = Date.now();
    const { bundle, shim, address } = await endedUnheard(containerd);
    const tasks = await TaskClient.connect(address);
    assertEquals((await tasks.call("Wait", { id })).exitStatus, 42);
    Deno.kill(shim, "SIGKILL");
    await tasks.client.closed;
    await expectExit(containerd, bundle, before, Date.now());
  },
);

/** What `delete` answers: init's end with 42, and when that was. */
async function expectExit(
  containerd: PrivateContainerd,
  bundle: Bundle,
  before: number,
  after: number,
): Promise<void> {
  const { exitStatus, exitedAt } = DeleteResponse.decode((await bundle.delete(containerd)).stdout);
  const time = exitedAt!.seconds * 1000 + exitedAt!.nanos / 1e6;
  assertEquals([exitStatus, before <= time, time <= after], [42, true, true]);
  await bundle.remove();
}
