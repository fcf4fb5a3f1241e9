import { assert } from "@std/assert";
import { fixtureAnswer } from "../../../harness/unit/fixture.ts";

Deno.test("memory: what the stack does not reach any more is given back, and all goes on", async () => {
  const { before, after, isDeepAgain } = await fixtureAnswer<
    { before: number; after: number; isDeepAgain: boolean }
  >(import.meta.resolve("./fixtures/deep_stack.ts"));
  assert(before > 300, `expected a deep stack, not ${before} KiB`);
  // What is in use, and up to two of the largest pages.
  assert(after <= 160, `expected few of ${before} KiB to be left, not ${after}`);
  assert(isDeepAgain);
});
