import { assertEquals } from "@std/assert";
import { toTimestamp } from "../../../../shim/common/timestamp.ts";

Deno.test("timestamp: seconds, and nanoseconds that only count up", () => {
  const known: [string, number, number][] = [
    ["1970-01-01T00:00:00.000Z", 0, 0],
    ["1970-01-01T00:00:01.001Z", 1, 1_000_000],
    ["2024-02-29T12:00:00.999Z", 1_709_208_000, 999_000_000],
    ["1969-12-31T23:59:59.999Z", -1, 999_000_000],
    ["1969-12-31T23:59:59.000Z", -1, 0],
    ["1969-12-31T23:59:58.500Z", -2, 500_000_000],
    ["0001-01-01T00:00:00.000Z", -62_135_596_800, 0],
  ];
  for (const [time, seconds, nanos] of known) {
    assertEquals(toTimestamp(new Date(time)), { seconds, nanos }, time);
  }
});
