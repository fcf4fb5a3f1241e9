import "../../../harness/unit/opened_libc.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "@std/path";
import { Envelope, ForwardRequest, TaskExit, TaskStart } from "../../../../proto/mod.ts";
import { Publisher } from "../../../../shim/server/events.ts";
import { Server, StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { within } from "../../../harness/expect/within.ts";
import { openDescriptors } from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

function test(name: string, run: (path: string) => Promise<void>): void {
  Deno.test({
    name: `events: ${name}`,
    fn: () => withFolder((folder) => within(60, "the events", run(join(folder, "s")))),
    sanitizeOps: true,
    sanitizeResources: true,
  });
}

/** containerd's Events service. */
class Containerd {
  /** The events that it took, each by the pid in it. */
  readonly pids: number[] = [];
  readonly envelopes: Envelope[] = [];
  readonly #server: Server;
  readonly #served: Promise<void>;
  readonly #socketsBefore = openSockets();
  readonly #waiting = new Map<number, () => void>();

  /**
   * @param refuse What is thrown for an event of this pid, if anything.
   * @param answer Resolves when the event of this pid, which was taken, is to be answered.
   */
  constructor(
    path: string,
    refuse: (pid: number) => Error | undefined = () => undefined,
    answer: (pid: number) => Promise<void> = () => Promise.resolve(),
  ) {
    const forward = async (payload: Uint8Array) => {
      const envelope = ForwardRequest.decode(payload).envelope!;
      const { pid } = TaskStart.decode(envelope.event!.value);
      const error = refuse(pid);
      if (error !== undefined) throw error;
      this.envelopes.push(envelope);
      this.pids.push(pid);
      this.#waiting.get(pid)?.();
      await answer(pid);
      return new Uint8Array();
    };
    this.#server = new Server(
      new Map([["containerd.services.events.ttrpc.v1.Events", { Forward: forward }]]),
    );
    this.#served = this.#server.serve(Deno.listen({ transport: "unix", path }));
  }

  /** Resolves when it has the event of this pid. */
  async has(pid: number): Promise<void> {
    if (!this.pids.includes(pid)) {
      await new Promise<void>((resolve) => this.#waiting.set(pid, resolve));
    }
  }

  /** Ends at once, whatever is not answered yet. */
  abort(): void {
    // In this order nobody is answered.
    this.#server.abort();
    this.#server.close();
  }

  /** Ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.#served;
    await eventually(
      "the publisher's side of the connection to end, too",
      () => openSockets() <= this.#socketsBefore || undefined,
    );
  }
}

function openSockets(): number {
  return openDescriptors().filter((each) => each.includes(" socket:")).length;
}

function publisherTo(path: string | undefined): { publisher: Publisher; log: LogRecorder } {
  const log = new LogRecorder();
  const address = path === undefined ? undefined : { protocol: "ttrpc" as const, path };
  return { publisher: new Publisher(address, "n", log), log };
}

/** Publishes a start of each pid. */
function publishStarts(publisher: Publisher, pids: readonly number[]): void {
  for (const pid of pids) publisher.publish("TaskStart", { containerId: "c", pid });
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

test("events arrive in the order they were published, and then they are sent", async (path) => {
  await using containerd = new Containerd(path);
  const { publisher, log } = publisherTo(path);
  publishStarts(publisher, range(1, 101));
  assertEquals(containerd.pids, []);
  await publisher.sent;
  assertEquals(containerd.pids, range(1, 101));
  publishStarts(publisher, [101]);
  await publisher.sent;
  assertEquals(containerd.pids.at(-1), 101);
  assertEquals(log.messages, []);
});

test("an event has its topic, its message, the namespace and the time", async (path) => {
  await using containerd = new Containerd(path);
  const { publisher } = publisherTo(path);
  const before = Math.floor(Date.now() / 1000);
  const none = { containerId: "c" };
  publisher.publish("TaskCreate", { ...none, bundle: "/b", pid: 1 });
  publisher.publish("TaskStart", { ...none, pid: 2 });
  publisher.publish("TaskExecAdded", { ...none, execId: "e" });
  publisher.publish("TaskExecStarted", { ...none, execId: "e", pid: 3 });
  publisher.publish("TaskExit", { ...none, id: "e", pid: 4, exitStatus: 137 });
  publisher.publish("TaskOOM", none);
  publisher.publish("TaskPaused", none);
  publisher.publish("TaskResumed", none);
  publisher.publish("TaskCheckpointed", none);
  publisher.publish("TaskDelete", { ...none, pid: 5 });
  await publisher.sent;
  assertEquals(containerd.envelopes.map(({ topic, event }) => `${topic} ${event!.typeUrl}`), [
    "/tasks/create containerd.events.TaskCreate",
    "/tasks/start containerd.events.TaskStart",
    "/tasks/exec-added containerd.events.TaskExecAdded",
    "/tasks/exec-started containerd.events.TaskExecStarted",
    "/tasks/exit containerd.events.TaskExit",
    "/tasks/oom containerd.events.TaskOOM",
    "/tasks/paused containerd.events.TaskPaused",
    "/tasks/resumed containerd.events.TaskResumed",
    "/tasks/checkpointed containerd.events.TaskCheckpointed",
    "/tasks/delete containerd.events.TaskDelete",
  ]);
  const { namespace, timestamp, event } = containerd.envelopes[4];
  assertEquals(namespace, "n");
  assert(timestamp!.seconds >= before && timestamp!.seconds <= Date.now() / 1000);
  const { id, pid, exitStatus } = TaskExit.decode(event!.value);
  assertEquals([id, pid, exitStatus], ["e", 4, 137]);
});

test("events wait for a containerd that is not there yet, and arrive in order", async (path) => {
  const { publisher, log } = publisherTo(path);
  publishStarts(publisher, range(1, 51));
  let sent = false;
  const sending = publisher.sent.then(() => sent = true);
  // Time for two tries, which nothing tells of.
  await new Promise((resolve) => setTimeout(resolve, 120));
  assertEquals(sent, false);
  await using containerd = new Containerd(path);
  publishStarts(publisher, range(51, 61));
  await sending;
  assertEquals(containerd.pids, range(1, 61));
  assertEquals(log.messages, []);
});

/** What is logged of events that have waited for long. */
const WAITED = [
  "warning an event waits for containerd",
  "info containerd has taken the events that waited",
];

test("containerd is away for long: there is one warning, and a word when it is over", async (path) => {
  const { publisher, log } = publisherTo(path);
  publishStarts(publisher, range(1, 11));
  await eventually("a warning", () => log.messages.length > 0 || undefined);
  await using containerd = new Containerd(path);
  await publisher.sent;
  assertEquals(containerd.pids, range(1, 11));
  assertEquals(log.messages, WAITED);
});

test("however slow the answers are, no event comes twice, and there is one warning", async (path) => {
  const held = Promise.withResolvers<void>();
  await using containerd = new Containerd(path, undefined, (pid) => {
    if (pid === 1) return held.promise;
    // Others take long enough for a second warning after the first.
    return pid === 3 ? new Promise((resolve) => setTimeout(resolve, 5500)) : Promise.resolve();
  });
  const { publisher, log } = publisherTo(path);
  publishStarts(publisher, range(1, 6));
  await eventually("a warning", () => log.messages.length > 0 || undefined);
  held.resolve();
  await publisher.sent;
  assertEquals(containerd.pids, range(1, 6));
  assertEquals(log.messages, WAITED);
});

test("an event whose answer was lost with the connection is sent again", async (path) => {
  const { publisher, log } = publisherTo(path);
  {
    await using containerd = new Containerd(path, undefined, () => new Promise(() => {}));
    publishStarts(publisher, range(1, 4));
    await containerd.has(1);
    containerd.abort();
    assertEquals(containerd.pids, [1]);
  }
  await using containerd = new Containerd(path);
  await publisher.sent;
  assertEquals(containerd.pids, range(1, 4));
  assertEquals(log.messages, []);
});

test("nothing is lost over a restart of containerd", async (path) => {
  const { publisher } = publisherTo(path);
  const taken: number[] = [];
  for (const from of [1, 51]) {
    let pids: number[];
    {
      await using containerd = new Containerd(path);
      publishStarts(publisher, range(from, from + 50));
      await containerd.has(from);
      pids = containerd.pids;
    }
    // It has ended with events on their way.
    assertLess(pids.at(-1)!, from + 49);
    taken.push(...pids);
  }
  await using last = new Containerd(path);
  publishStarts(publisher, [101]);
  await publisher.sent;
  taken.push(...last.pids);
  assertEquals(taken, range(1, 102));
});

test("an event goes at once to a containerd that was restarted in the quiet", async (path) => {
  const { publisher, log } = publisherTo(path);
  for (const pid of [1, 2, 3]) {
    await using containerd = new Containerd(path);
    publishStarts(publisher, [pid]);
    await publisher.sent;
    assertEquals(containerd.pids, [pid]);
  }
  assertEquals(log.messages, []);
});

test("an event that containerd refuses is logged and does not hold up the rest", async (path) => {
  await using containerd = new Containerd(path, (pid) => {
    if (pid === 2) return new StatusError(StatusCode.INVALID_ARGUMENT, "not this one");
    if (pid === 3) return new Error("nor this one");
  });
  const { publisher, log } = publisherTo(path);
  publishStarts(publisher, range(1, 6));
  await publisher.sent;
  assertEquals(containerd.pids, [1, 4, 5]);
  assertEquals(log.messages, Array(2).fill("error containerd refused an event"));
});

test("an event that containerd can't take now is tried again", async (path) => {
  let tries = 0;
  await using containerd = new Containerd(path, (pid) => {
    if (pid === 2 && ++tries < 3) return new StatusError(StatusCode.UNAVAILABLE, "starting");
  });
  const { publisher } = publisherTo(path);
  publishStarts(publisher, range(1, 4));
  await publisher.sent;
  assertEquals(containerd.pids, [1, 2, 3]);
  assertEquals(tries, 3);
});

test("without an address events go nowhere, and are sent at once", async () => {
  const { publisher, log } = publisherTo(undefined);
  publishStarts(publisher, [1]);
  await publisher.sent;
  assertEquals(log.messages, []);
});
