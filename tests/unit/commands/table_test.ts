import { assertEquals } from "@std/assert";
import { table } from "../../../commands/output/table.ts";
import { bytes, commandLine, duration, shortId } from "../../../commands/output/text.ts";

Deno.test("table: columns are as wide as what is in them, without what colours it", () => {
  const columns = [{ title: "ID" }, { title: "PID", isNumber: true }, { title: "STATUS" }];
  const rows = [["web", "1234567", "\x1b[31mgone\x1b[m"], ["a", "1", undefined]];
  assertEquals(
    table(columns, rows),
    "ID       PID  STATUS\n" +
      "web  1234567  \x1b[31mgone\x1b[m\n" +
      "a          1  -\n",
  );
  assertEquals(table(columns, []), "ID  PID  STATUS\n");
});

Deno.test("text: sizes, times, ids and command lines", () => {
  assertEquals([0, 1023, 1024, 13_738_394, 107 * 2 ** 30].map(bytes), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "13.1 MiB",
    "107 GiB",
  ]);
  assertEquals([0.4, 59.9, 61, 3_600, 90_061].map(duration), ["0s", "59s", "1m1s", "1h0m", "1d1h"]);
  const long = "0123456789abcdef".repeat(4);
  assertEquals([long, "web", `${long}0`].map(shortId), ["0123456789ab", "web", `${long}0`]);
  assertEquals(commandLine(["sh", "-c", "echo \x1b]0;title\x07\n"]), "sh -c echo ?]0;title??");
});
