import { assertEquals, assertRejects } from "@std/assert";
import { Lane, laneOf } from "../../../../shim/stdio/lane.ts";

const AT_A_TIME = 4;

Deno.test("lane: four at a time, the others in their order, whatever becomes of the ones before", async () => {
  const lane = new Lane();
  const begun: number[] = [];
  const work = Array.from({ length: 7 }, () => Promise.withResolvers<number>());
  const results = work.map(({ promise }, index) =>
    lane.run(() => {
      begun.push(index);
      return promise;
    })
  );
  assertEquals(begun, [0, 1, 2, 3]);
  work[2].resolve(2);
  assertEquals(await results[2], 2);
  assertEquals(begun, [0, 1, 2, 3, 4]);
  work[0].reject(new Error("failed"));
  await assertRejects(() => results[0], Error, "failed");
  assertEquals(begun, [0, 1, 2, 3, 4, 5]);
  for (const index of [1, 3, 4, 5]) work[index].resolve(index);
  await results[5];
  assertEquals(begun, [0, 1, 2, 3, 4, 5, 6]);
  work[6].resolve(6);
  assertEquals(await results[6], 6);
});

Deno.test("lane: each file system has one of its own", async () => {
  assertEquals(laneOf("8:1") === laneOf("8:1"), true);
  const still = new Promise<never>(() => {});
  for (let index = 0; index < AT_A_TIME; index++) void laneOf("8:1").run(() => still);
  assertEquals(await laneOf("8:2").run(() => Promise.resolve("went on")), "went on");
});
