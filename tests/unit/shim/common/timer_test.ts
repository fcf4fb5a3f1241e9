import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { after } from "../../../../shim/common/timer.ts";
import { fixtureAnswer, runFixture } from "../../../harness/unit/fixture.ts";

function test(name: string, run: () => Promise<void>): void {
  Deno.test({ name: `timer: ${name}`, fn: run, sanitizeOps: true, sanitizeResources: true });
}

/** Starts a timer and resolves, when it has passed, to how long that took in milliseconds. */
function passes(milliseconds: number): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    after(milliseconds, () => resolve(performance.now() - start));
  });
}

test("none passes before its time, and each in the order of the times", async () => {
  const order: number[] = [];
  const times = [300, 60, -1, 0, 180, 70, 181];
  await Promise.all(times.map(async (time) => {
    assertGreaterOrEqual(await passes(time), time);
    order.push(time);
  }));
  assertEquals(order.filter((time) => time >= 70), [70, 180, 181, 300]);
});

test("a sooner one does not wait for a later one, whatever waits already", async () => {
  const stop = after(600_000, () => {});
  assertLess(await passes(80), 10_000);
  assertLess(await passes(0), 10_000);
  stop();
});

test("one that is stopped does not pass, and the others do", async () => {
  const passed: number[] = [];
  const stops = [0, 10_000, 60].map((time) => after(time, () => passed.push(time)));
  stops[0]();
  await passes(60);
  for (const stop of stops) stop();
  assertEquals(passed, [60]);
});

test("one passes in time however often new ones are started", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  after(60, resolve);
  const start = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - start < 20_000) after(1, () => {});
  }, 5);
  await promise;
  clearInterval(timer);
  assertLess(performance.now() - start, 10_000);
  await passes(10);
});

test("one that passes may stop and start others", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  after(60, () => {
    stopOther();
    after(0, resolve);
  });
  const stopOther = after(60, () => assert(false, "was stopped"));
  await promise;
});

test("one that throws costs no other its time, and is an uncaught error", async () => {
  const faults: string[] = [];
  const keep = (event: ErrorEvent) => {
    event.preventDefault();
    faults.push(event.message);
  };
  addEventListener("error", keep);
  after(0, () => {
    throw new Error("a fault");
  });
  await Promise.all([passes(0), passes(200)]);
  removeEventListener("error", keep);
  assertEquals(faults, ["Uncaught Error: a fault"]);
});

test("without end there is none", async () => {
  after(Infinity, () => assert(false, "is never"))();
  after(Infinity, () => assert(false, "is never"));
  await passes(60);
});

test("a program ends at once when all are stopped, also after a while, and not before", async () => {
  for (const milliseconds of ["0", "120"]) {
    const program = import.meta.resolve("./fixtures/timers.ts");
    const { code, signal, stdout, stderr } = await runFixture(program, milliseconds);
    assertEquals([code, signal, stdout, stderr], [0, null, "passed\n", ""]);
  }
});

test("those that were stopped keep no memory, however far off they were", async () => {
  const program = import.meta.resolve("./fixtures/stopped_timers.ts");
  assertLess(await fixtureAnswer<number>(program), 1 << 20);
});
