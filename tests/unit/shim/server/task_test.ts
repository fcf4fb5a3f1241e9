import { assertEquals, assertRejects } from "@std/assert";
import {
  DeleteRequest,
  DeleteResponse,
  StateRequest,
  StateResponse,
} from "../../../../proto/mod.ts";
import { type Task, taskServices } from "../../../../shim/server/task.ts";
import { type Call, StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";

/** Every method of the service, as containerd calls it. */
const METHODS = [
  ...["State", "Create", "Start", "Delete", "Pids", "Pause", "Resume", "Kill", "Exec"],
  ...["ResizePty", "CloseIO", "Update", "Wait", "Stats", "Connect", "Checkpoint", "Shutdown"],
];

const CALL = {} as Call;

/** A task whose methods know whose they are, and tell what they were asked. */
function fakeTask(): Task {
  const methods: Record<string, unknown> = { name: "this one" };
  return new Proxy(methods, {
    get: (target, key: string) =>
      target[key] ?? function (this: { name: string }, request: { id: string }) {
        if (request.id === "none") throw new Error(`${key} of ${this.name} failed`);
        return { id: `${key} of ${this.name}: ${request.id}`, pid: 7 };
      },
  }) as unknown as Task;
}

Deno.test("task: it is served under the names of containerd 1.x and 2.x", () => {
  const services = taskServices(fakeTask());
  assertEquals([...services.keys()], ["containerd.task.v2.Task", "containerd.task.v3.Task"]);
  for (const service of services.values()) {
    for (const method of METHODS) assertEquals(Object.hasOwn(service, method), true, method);
  }
});

Deno.test("task: a request is decoded for its method, and the answer encoded", async () => {
  const service = taskServices(fakeTask()).get("containerd.task.v3.Task")!;
  const state = await service.State(StateRequest.encode({ id: "c1" }).finish(), CALL);
  assertEquals(StateResponse.decode(state).id, "state of this one: c1");
  const deleted = await service.Delete(DeleteRequest.encode({ id: "c1" }).finish(), CALL);
  assertEquals(DeleteResponse.decode(deleted).pid, 7);
});

Deno.test("task: a method that answers nothing answers an empty message", async () => {
  const task = { ...fakeTask(), kill: () => {}, shutdown: () => Promise.resolve() };
  const service = taskServices(
    new Proxy(task as unknown as Task, {
      get: (target, key) => Reflect.get(target, key) ?? (() => {}),
    }),
  ).get("containerd.task.v2.Task")!;
  assertEquals((await service.Kill(new Uint8Array(), CALL)).length, 0);
  assertEquals((await service.Shutdown(new Uint8Array(), CALL)).length, 0);
});

Deno.test("task: what a method throws, and a request that is none, reject the call", async () => {
  const service = taskServices(fakeTask()).get("containerd.task.v2.Task")!;
  const none = StateRequest.encode({ id: "none" }).finish();
  await assertRejects(
    async () => await service.State(none, CALL),
    Error,
    "state of this one failed",
  );
  const undecodable = await assertRejects(
    async () => await service.State(Uint8Array.of(0x0a, 5), CALL),
    StatusError,
    "can't decode the request",
  );
  assertEquals(undecodable.code, StatusCode.INTERNAL);
});
