import { assertEquals, assertRejects } from "@std/assert";
import { Serial } from "../../../../shim/common/serial.ts";

Deno.test("serial: one after the other, in the order they came", async () => {
  const serial = new Serial();
  const steps: string[] = [];
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const works = gates.map(({ promise }, index) =>
    serial.run(async () => {
      steps.push(`begin ${index}`);
      await promise;
      steps.push(`end ${index}`);
      return index;
    })
  );
  // Whichever could end first, they keep their order.
  for (const { resolve } of gates.toReversed()) resolve();
  assertEquals(await Promise.all(works), [0, 1, 2]);
  assertEquals(steps, ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
});

Deno.test("serial: a failure is its own work's only", async () => {
  const serial = new Serial();
  const failing = serial.run(() => Promise.reject(new Error("no")));
  const throwing = serial.run(() => {
    throw new Error("neither");
  });
  const fine = serial.run(() => Promise.resolve("yes"));
  await assertRejects(() => failing, Error, "no");
  await assertRejects(() => throwing, Error, "neither");
  assertEquals(await fine, "yes");
});

Deno.test("serial: idle is when all that came before has ended", async () => {
  const serial = new Serial();
  await serial.idle;
  const gate = Promise.withResolvers<void>();
  let idle = false;
  const work = serial.run(() => gate.promise);
  const idling = serial.idle.then(() => idle = true);
  await Promise.resolve().then(() => {}).then(() => {});
  assertEquals(idle, false);
  gate.resolve();
  await work;
  await idling;
});

Deno.test("serial: two of them do not wait for each other", async () => {
  const gate = Promise.withResolvers<void>();
  const held = new Serial().run(() => gate.promise);
  assertEquals(await new Serial().run(() => Promise.resolve(1)), 1);
  gate.resolve();
  await held;
});
