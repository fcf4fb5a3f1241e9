/** gRPC in the place of ttrpc. */

import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Client } from "../../shim/grpc/mod.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import type { RecordedEvent } from "../harness/containerd/event_recorder.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { isAlive } from "../harness/machine/processes.ts";
import { bootstrapParams, callStart } from "../harness/shim/bootstrap_caller.ts";
import {
  Bundle,
  callShim,
  DirectShim,
  serverPid,
  shimArguments,
  shutDown,
} from "../harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../harness/shim/task_client.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

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
  const { pid } = await tasks.call("Create", await bundle.createRequest(containerd));
  await tasks.call("Start", { id: "box" });
  await tasks.call("Kill", { id: "box", signal: 9 });
  await tasks.call("Wait", { id: "box" });
  await tasks.call("Delete", { id: "box" });
  await shutDown(tasks, "box");
  // They are on their way until the server has ended.
  await events.until(({ topic }) => topic === "/tasks/delete");
  assertEquals(names(events.tasks), ["create", "start", "exit", "delete"]);
  const [create, , exit] = events.tasks.map(({ body }) => body);
  assertEquals([create.bundle, create.pid], [bundle.path, pid]);
  assertEquals([exit.pid, exit.exit_status], [pid, 137]);
  await bundle.remove();
});

testBetterThanGo("events by gRPC wait for a containerd that is away", async (containerd) => {
  const bundle = await Bundle.make(containerd, "box");
  const tasks = await startWithoutTtrpc(containerd, bundle);
  await tasks.call("Create", await bundle.createRequest(containerd));
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

/** A shim that serves by gRPC, and a connection to it, which is closed at the end. */
interface ByGrpc extends Disposable {
  bundle: Bundle;
  address: string;
  /** The server's process id. */
  pid: number;
  tasks: TaskClient;
}

async function startByGrpc(containerd: PrivateContainerd): Promise<ByGrpc> {
  const bundle = await Bundle.make(containerd, "box");
  const env = { MAX_SHIM_VERSION: "2", SHIM_PROTOCOL: "grpc" };
  const args = shimArguments(containerd, "box", "start");
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args, env);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const { version, address, protocol } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([version, protocol], [2, "grpc"]);
  const client = await Client.connect(address);
  const tasks = new TaskClient(client, "containerd.task.v3.Task");
  const pid = serverPid(address);
  return { bundle, address, pid, tasks, [Symbol.dispose]: () => client.close() };
}

/** Ends a shim without containers, and removes its bundle. */
async function end({ bundle, pid, tasks }: ByGrpc): Promise<void> {
  await shutDown(tasks, bundle.id);
  await untilEnded(pid);
  await bundle.remove();
}

async function untilEnded(pid: number): Promise<void> {
  await eventually("an end of the server", () => !isAlive(pid) || undefined);
}

testBetterThanGo("a life by gRPC", async (containerd) => {
  await using events = await containerd.recordEvents();
  using shim = await startByGrpc(containerd);
  const { bundle, address, tasks } = shim;
  // containerd 1.7 connects to the address as it is: a path, not a URL.
  assertMatch(address, /^\/run\/containerd\/s\/[0-9a-f]{64}$/);
  assertEquals((await Deno.stat(address)).mode! & 0o777, 0o600);

  const { pid } = await tasks.call("Create", await bundle.createRequest(containerd));
  const waiting = tasks.call("Wait", { id: "box" });
  assertEquals((await tasks.call("Start", { id: "box" })).pid, pid);
  const exec = { id: "box", execId: "visitor" };
  await tasks.call("Exec", { ...exec, spec: processSpec(["sh", "-c", "exit 7"]) });
  await tasks.call("Start", exec);
  assertEquals((await tasks.call("Wait", exec)).exitStatus, 7);
  await tasks.call("Delete", exec);
  assertEquals((await tasks.call("State", { id: "box" })).status, 2);
  await tasks.call("Kill", { id: "box", signal: 9 });
  assertEquals((await waiting).exitStatus, 137);
  assertEquals((await tasks.call("Delete", { id: "box" })).pid, pid);
  await end(shim);
  await assertRejects(() => Deno.stat(address), Deno.errors.NotFound);
  await events.catchUp();
  assertEquals(names(events.tasks), [
    ...["create", "start", "exec-added", "exec-started", "exit", "exit", "delete"],
  ]);
});

testBetterThanGo("an error by gRPC has the code that it has by ttrpc", async (containerd) => {
  using shim = await startByGrpc(containerd);
  const { bundle, tasks } = shim;
  const code = async (call: Promise<unknown>) =>
    (await assertRejects(() => call, StatusError)).code;
  assertEquals(await code(tasks.call("State", { id: "none" })), StatusCode.NOT_FOUND);
  const create = await bundle.createRequest(containerd);
  await tasks.call("Create", create);
  await tasks.call("Start", { id: "box" });
  assertEquals(await code(tasks.call("Create", create)), StatusCode.ALREADY_EXISTS);
  assertEquals(
    await code(tasks.call("Delete", { id: "box" })),
    StatusCode.FAILED_PRECONDITION,
  );
  const options = { typeUrl: "nosuch.Options" };
  const other = tasks.call("Create", { ...create, id: "other", options });
  assertEquals(await code(other), StatusCode.INVALID_ARGUMENT);
  const call = tasks.client.call("containerd.task.v3.Task", "Nosuch", new Uint8Array());
  assertEquals(await code(call), StatusCode.UNIMPLEMENTED);
  await tasks.call("Kill", { id: "box", signal: 9 });
  await tasks.call("Wait", { id: "box" });
  await tasks.call("Delete", { id: "box" });
  await end(shim);
});

testBetterThanGo("a server by ttrpc is not taken for one by gRPC", async (containerd) => {
  const options = { annotations: { "io.containerd.runc.v2.group": "box" } };
  const other = await DirectShim.start(containerd, "one", options);
  using shim = await startByGrpc(containerd);
  assertNotEquals(shim.address, other.address.replace("unix://", ""));
  await end(shim);
  await other.shutDown();
});

testBetterThanGo(
  "delete after a kill -9 of a server by gRPC removes its socket",
  async (containerd) => {
    using shim = await startByGrpc(containerd);
    const { bundle, address, pid, tasks } = shim;
    await expectStatus(StatusCode.NOT_FOUND, tasks.call("State", { id: "box" }));
    Deno.kill(pid, "SIGKILL");
    await untilEnded(pid);
    const args = shimArguments(containerd, "box", "-bundle", bundle.path, "delete");
    assertEquals((await callShim(containerd, bundle.path, args)).code, 0);
    await assertRejects(() => Deno.stat(address), Deno.errors.NotFound);
    await bundle.remove();
  },
);

testBetterThanGo("delete ends a server by gRPC that got no Create", async (containerd) => {
  using shim = await startByGrpc(containerd);
  const { bundle, pid } = shim;
  const args = shimArguments(containerd, "box", "-bundle", bundle.path, "delete");
  assertEquals((await callShim(containerd, bundle.path, args)).stderr, "");
  await untilEnded(pid);
  await bundle.remove();
});

testBetterThanGo("delete finds a server by gRPC whose bundle was lost", async (containerd) => {
  using shim = await startByGrpc(containerd);
  const { bundle, pid } = shim;
  await Deno.remove(`${bundle.path}/address`);
  const args = shimArguments(containerd, "box", "-bundle", bundle.path, "delete");
  assertEquals((await callShim(containerd, bundle.path, args)).stderr, "");
  await untilEnded(pid);
  await bundle.remove();
});

testBetterThanGo(
  "a protocol that is not known, or not to containerd, is an error",
  async (containerd) => {
    const bundle = await Bundle.make(containerd, "box");
    const refusal = async (input: Uint8Array<ArrayBuffer>, env: Record<string, string>) => {
      const { code, stdout, stderr } = await callStart(containerd, bundle, input, env);
      assertEquals([code, stdout.length], [1, 0]);
      return stderr;
    };
    const none = new Uint8Array();
    assertStringIncludes(
      await refusal(none, { SHIM_PROTOCOL: "http" }),
      "expected ttrpc or grpc in SHIM_PROTOCOL, not http",
    );
    const only = "only containerd 1.7 can use a shim by gRPC; choose ttrpc as the protocol";
    const older = { MAX_SHIM_VERSION: "", SHIM_PROTOCOL: "grpc" };
    assertStringIncludes(await refusal(none, older), only);
    const later2 = { MAX_SHIM_VERSION: "3", SHIM_PROTOCOL: "grpc" };
    assertStringIncludes(await refusal(none, later2), only);
    const later = bootstrapParams(containerd, "box");
    assertStringIncludes(await refusal(later, { SHIM_PROTOCOL: "grpc" }), only);
    await bundle.remove();
  },
);
