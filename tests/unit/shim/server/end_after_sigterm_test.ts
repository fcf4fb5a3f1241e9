import "../../../harness/unit/opened_libc.ts";
import { assertEquals } from "@std/assert";
import { endAfterSigterm } from "../../../../shim/server/end_after_sigterm.ts";

const told = Promise.resolve();
/** Who has sent the signal. */
const [FIRST, ANYBODY] = [1, 1234];

/** Tells its listeners, as a reaper and a server do. */
class Emitter {
  readonly #listeners: (() => void)[] = [];
  readonly #add = (listener: () => void) => void this.#listeners.push(listener);
  readonly onReaped = this.#add;
  readonly offReaped = () => {};
  readonly onDisconnect = this.#add;
  readonly tell = () => this.#listeners.forEach((listener) => listener());
}

/** A server without clients, whose end is noted. */
function makeServer(isTold: Promise<unknown> = told) {
  const reaper = new Emitter();
  const server = Object.assign(new Emitter(), { isConnected: false, holdsPod: false });
  const ended = Promise.withResolvers<void>();
  let ends = 0;
  const { ask } = endAfterSigterm(reaper, server, () => isTold, () => {
    ends++;
    ended.resolve();
  });
  return { reaper, server, ask, ended: ended.promise, ends: () => ends };
}

/** What was begun before has gone on as far as it can without a timer. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`end after SIGTERM: ${name}`, run);
}

test("a server that nobody needs ends when it is asked to, once", async () => {
  const { ask, ended, ends, reaper } = makeServer();
  reaper.tell();
  await settled();
  assertEquals(ends(), 0);
  ask(ANYBODY);
  ask(ANYBODY);
  await ended;
  assertEquals(ends(), 1);
});

test("one that has a client ends when that has gone", async () => {
  const { ask, ended, ends, server } = makeServer();
  server.isConnected = true;
  ask(ANYBODY);
  await settled();
  assertEquals(ends(), 0);
  server.isConnected = false;
  server.tell();
  await ended;
});

test("one that has something to tell waits, and goes on where a client has come meanwhile", async () => {
  const telling = Promise.withResolvers<void>();
  const { ask, ended, ends, server } = makeServer(telling.promise);
  ask(ANYBODY);
  await settled();
  assertEquals(ends(), 0);
  server.isConnected = true;
  telling.resolve();
  await settled();
  assertEquals(ends(), 0);
  server.isConnected = false;
  server.tell();
  await ended;
});

test("one that holds a pod ends only when the machine shuts down", async () => {
  const { ask, ended, ends, server } = makeServer();
  server.holdsPod = true;
  ask(ANYBODY);
  server.tell();
  await settled();
  assertEquals(ends(), 0);
  ask(FIRST);
  await ended;
});

test("a signal of long ago is not heeded", async () => {
  const { ask, ended, ends, server } = makeServer();
  server.isConnected = true;
  ask(ANYBODY);
  server.isConnected = false;
  const now = performance.now;
  performance.now = () => now.call(performance) + 130_000;
  try {
    server.tell();
    await settled();
    assertEquals(ends(), 0);
  } finally {
    performance.now = now;
  }
  server.tell();
  await ended;
});
