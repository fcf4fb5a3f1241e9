import { assertEquals } from "@std/assert";
import { Results } from "../../../bench/harness/results.ts";

/** Adds values in the order Go, ours, Go, ours, …. */
function addAll(results: Results, row: Parameters<Results["add"]>[0], ...values: number[]): void {
  values.forEach((value, index) => results.add(row, index % 2 === 0 ? "Go" : "ours", value));
}

Deno.test("the table has medians, ratios, goals and whether they are met", () => {
  const results = new Results(false);
  const life = { name: "life", unit: "ms", goal: { ratioAtMost: 1.25, since2: 1 } };
  results.place(life);
  addAll(results, { name: "- a part", unit: "ms" }, 4, 2);
  addAll(results, life, 10, 11, 300, 12, 20, 900);
  addAll(results, { name: "stdout", unit: "MiB/s", goal: { ratioAtLeast: 5 } }, 500, 2400);
  addAll(results, { name: "memory", unit: "MiB", goal: { valueAtMost: 9 } }, 2, 9);
  assertEquals(
    results.table(),
    `
|          | unit  |   Go | ours | ratio | goal    | met |
| -------- | ----- | ---: | ---: | ----: | ------- | --- |
| life     | ms    | 20.0 | 12.0 |  0.60 | ≤ 1.25  | yes |
| - a part | ms    | 4.00 | 2.00 |  0.50 |         |     |
| stdout   | MiB/s |  500 | 2400 |  4.80 | ≥ 5.00  | no  |
| memory   | MiB   | 2.00 | 9.00 |  4.50 | ≤ 9 MiB | yes |`.trim(),
  );
});

Deno.test("goals against the Go shims of containerd 2 are others, where there are", () => {
  const results = new Results(true);
  addAll(results, { name: "life", unit: "ms", goal: { ratioAtMost: 1.25, since2: 1 } }, 10, 11);
  addAll(results, { name: "exec", unit: "ms", goal: { ratioAtMost: 1.25 } }, 10, 11);
  assertEquals(results.lines().map(({ goal, isMet }) => [goal, isMet]), [
    ["≤ 1.00", false],
    ["≤ 1.25", true],
  ]);
});

Deno.test("a median of an even number of values is between the two in the middle", () => {
  const results = new Results(false);
  addAll(results, { name: "life", unit: "ms" }, 1, 5, 2, 6, 4, 7, 100, 8);
  const [{ go, ours, values }] = results.lines();
  assertEquals([go, ours, values], [3, 6.5, 4]);
});
