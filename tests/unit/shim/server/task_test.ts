import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  DeleteRequest,
  DeleteResponse,
  StateRequest,
  StateResponse,
} from "../../../../proto/mod.ts";
import { SandboxRequest } from "../../../../proto/sandbox/mod.ts";
import { type ServedTask, taskServices } from "../../../../shim/server/task.ts";
import { type Call, StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import { expectStatus } from "../../../harness/expect/expect_status.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";

/** Every method of the service, as containerd calls it. */
const METHODS = [
  ...["State", "Create", "Start", "Delete", "Pids", "Pause", "Resume", "Kill", "Exec"],
  ...["ResizePty", "CloseIO", "Update", "Wait", "Stats", "Connect", "Checkpoint", "Shutdown"],
];

const CALL = {} as Call;

/** A task whose methods know whose they are, and tell what they were asked. */
function fakeTask(): ServedTask {
  const methods: Record<string, unknown> = { name: "this one" };
  return new Proxy(methods, {
    get: (target, key: string) =>
      key === "loadSandbox"
        ? undefined
        : target[key] ?? function (this: { name: string }, request: { id: string }) {
          if (request.id === "none") throw new Error(`${key} of ${this.name} failed`);
          return { id: `${key} of ${this.name}: ${request.id}`, pid: 7 };
        },
  }) as unknown as ServedTask;
}

Deno.test("task: it is served under the names of containerd 1.x and 2.x", () => {
  const services = taskServices(fakeTask(), new LogRecorder());
  assertEquals([...services.keys()], ["containerd.task.v2.Task", "containerd.task.v3.Task"]);
  for (const service of services.values()) {
    for (const method of METHODS) assertEquals(Object.hasOwn(service, method), true, method);
  }
});

Deno.test("task: a Sandbox service is loaded with its first call, once", async () => {
  let loads = 0;
  const pinged: string[] = [];
  const task = {
    loadSandbox() {
      loads++;
      return Promise.resolve({
        pingSandbox: ({ sandboxId }: SandboxRequest) => void pinged.push(sandboxId),
      });
    },
  };
  const services = taskServices(task as unknown as ServedTask, new LogRecorder());
  const sandbox = services.get("containerd.runtime.sandbox.v1.Sandbox")!;
  assertEquals(loads, 0);
  const request = SandboxRequest.encode({ sandboxId: "pod" }).finish();
  await Promise.all([sandbox.PingSandbox(request, CALL), sandbox.PingSandbox(request, CALL)]);
  assertEquals([loads, pinged], [1, ["pod", "pod"]]);
  const missing = async () => await sandbox.Platform(request, CALL);
  await expectStatus(StatusCode.UNIMPLEMENTED, missing());
});

Deno.test("task: a request is decoded for its method, and the answer encoded", async () => {
  const service = taskServices(fakeTask(), new LogRecorder()).get("containerd.task.v3.Task")!;
  const state = await service.State(StateRequest.encode({ id: "c1" }).finish(), CALL);
  assertEquals(StateResponse.decode(state).id, "state of this one: c1");
  const deleted = await service.Delete(DeleteRequest.encode({ id: "c1" }).finish(), CALL);
  assertEquals(DeleteResponse.decode(deleted).pid, 7);
});

/** The service that containerd calls, of a task with the given methods alone, and what its server logs. */
function serviceOf(task: Partial<ServedTask>) {
  const logger = new LogRecorder();
  const service = taskServices(task as ServedTask, logger).get("containerd.task.v2.Task")!;
  const call = async (method: string, request = new Uint8Array()) =>
    await service[method](request, CALL);
  return { call, logger };
}

/** The code and the message with which a call is refused. */
async function refusal(call: Promise<unknown>): Promise<[code: number, message: string]> {
  const { code, message } = await assertRejects(() => call, StatusError);
  return [code, message];
}

Deno.test("task: what has nothing to tell answers an empty message", async () => {
  const { call } = serviceOf({ kill: () => {}, shutdown: () => Promise.resolve() });
  assertEquals((await call("Kill")).length, 0);
  assertEquals((await call("Shutdown")).length, 0);
});

Deno.test("task: an RPC without a method is UNIMPLEMENTED", async () => {
  const { call, logger } = serviceOf({ kill: () => {} });
  assertEquals(await refusal(call("Checkpoint")), [
    StatusCode.UNIMPLEMENTED,
    "Checkpoint is not implemented by this shim",
  ]);
  assertEquals(logger.messages, []);
});

Deno.test("task: what is thrown on purpose is answered as it is", async () => {
  const { call, logger } = serviceOf({
    kill: () => {
      throw new StatusError(StatusCode.NOT_FOUND, "gone");
    },
  });
  assertEquals(await refusal(call("Kill")), [StatusCode.NOT_FOUND, "gone"]);
  assertEquals(logger.messages, []);
});

Deno.test("task: what is thrown by mistake, or missing, is INTERNAL and in the log", async () => {
  const { call, logger } = serviceOf({
    state: () => undefined as never,
    start: () => Promise.reject(new Error("no such thing")),
    pids: () => ({ processes: 7 as never }),
    kill: () => {
      throw "a text";
    },
  });
  const internal = async (method: string) => {
    const [code, message] = await refusal(call(method));
    assertEquals(code, StatusCode.INTERNAL, method);
    return message;
  };
  assertEquals(await internal("State"), "State has answered nothing");
  assertEquals(await internal("Start"), "no such thing");
  await internal("Pids");
  assertEquals(await internal("Kill"), "a text");
  assertEquals(logger.messages, Array(4).fill("error a fault of the Task service"));
});

Deno.test("task: a service may say what an error of another kind means", async () => {
  const { call, logger } = serviceOf({
    kill: () => Promise.reject(new Deno.errors.NotFound("no runc")),
    start: () => Promise.reject(new TypeError("a mistake")),
    statusOf: (error) =>
      error instanceof Deno.errors.NotFound
        ? new StatusError(StatusCode.UNKNOWN, error.message)
        : undefined,
  });
  assertEquals(await refusal(call("Kill")), [StatusCode.UNKNOWN, "no runc"]);
  assertEquals(await refusal(call("Start")), [StatusCode.INTERNAL, "a mistake"]);
  assertEquals(logger.messages, ["error a fault of the Task service"]);
});

Deno.test("task: a request that is none is INTERNAL, and no fault of the service", async () => {
  const { call, logger } = serviceOf({ state: () => ({}) });
  const [code, message] = await refusal(call("State", Uint8Array.of(0x0a, 5)));
  assertEquals(code, StatusCode.INTERNAL);
  assertMatch(message, /^can't decode the request: /);
  assertEquals(logger.messages, []);
});
