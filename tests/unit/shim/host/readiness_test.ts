import { assertEquals } from "@std/assert";
import { Readiness } from "../../../../shim/host/readiness.ts";
import { close, duplicate, unreadBytes, write } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";

const reactor = new Reactor(new LogRecorder());

/** What is taken of the texts that a program writes, each when the one before was read, before it ends. */
async function said(...texts: string[]): Promise<string> {
  using readiness = new Readiness(reactor);
  const program = duplicate(readiness.descriptor);
  readiness.release();
  const answer = readiness.said();
  for (const text of texts) {
    await eventually("a reader", () => unreadBytes(program) === 0 || undefined);
    write(program, new TextEncoder().encode(text));
  }
  close(program);
  return await answer;
}

Deno.test("readiness: an empty line", async () => {
  assertEquals(await said("\n"), "\n");
});

Deno.test("readiness: a line in parts", async () => {
  assertEquals(await said("no ", "module\n"), "no module\n");
});

Deno.test("readiness: the end before a line", async () => {
  assertEquals(await said(), "");
  assertEquals(await said("no"), "no");
});

Deno.test("readiness: more than may be said", async () => {
  assertEquals(await said("x".repeat(10_000)), "x".repeat(4096));
});
