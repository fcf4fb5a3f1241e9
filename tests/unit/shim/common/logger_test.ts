import { assertEquals, assertMatch } from "@std/assert";
import { createLogger, type Fields, type LogLevel } from "../../../../shim/common/logger.ts";

/** What a logger writes for one message. */
function line(level: "info" | "warn" | "error", message: string, fields: Fields): string {
  let text = "";
  createLogger((line) => text += new TextDecoder().decode(line), "info", {})[level](
    message,
    fields,
  );
  return text;
}

Deno.test("logger: a line as logrus has it", () => {
  // But for the digits of the time, the output of logrus 1.9.4.
  assertMatch(
    line("warn", "two words", { a: 1, z: "plain" }),
    /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z" level=warning msg="two words" a=1 z=plain\n$/,
  );
  assertMatch(
    line("error", "failed", { error: new Error("no such file") }),
    /^time="[^"]+" level=error msg=failed error="no such file"\n$/,
  );
});

Deno.test("logger: what logrus quotes is quoted, and nothing else", () => {
  // The output of logrus 1.9.4 for a message and a field of these texts.
  const known: Record<string, string> = {
    "plain": "plain",
    "az-AZ.09_/@^+": "az-AZ.09_/@^+",
    "two words": '"two words"',
    'say "hi"': String.raw`"say \"hi\""`,
    "back\\slash": String.raw`"back\\slash"`,
    "a=b": '"a=b"',
    "a:b": '"a:b"',
    "tab\there": String.raw`"tab\there"`,
    "line\nbreak": String.raw`"line\nbreak"`,
    "é": '"é"',
    "日本": '"日本"',
    "<&>": '"<&>"',
  };
  for (const [text, quoted] of Object.entries(known)) {
    const [, rest] = line("info", text, { z: text }).split('Z" ');
    assertEquals(rest, `level=info msg=${quoted} z=${quoted}\n`);
  }
});

Deno.test("logger: whatever a text holds, it is one line", () => {
  for (const text of ["\x00", "\x07", "\x1b[2J", "\r\n", "\n", ""]) {
    assertMatch(line("info", text, { z: text }), /^[^\p{Cc}]+ msg="[^\p{Cc}]*" z="[^\p{Cc}]*"\n$/u);
  }
});

/** What a logger writes, without the times. */
function logged(
  least: LogLevel,
  fields: Fields,
  log: (logger: ReturnType<typeof createLogger>) => void,
) {
  let text = "";
  log(createLogger((line) => text += new TextDecoder().decode(line), least, fields));
  return text.replaceAll(/^time="[^"]+" /gm, "").trimEnd().split("\n");
}

Deno.test("logger: the levels from the least on", () => {
  const all = (logger: ReturnType<typeof createLogger>) => {
    logger.debug("a");
    logger.info("b");
    logger.warn("c");
    logger.error("d");
  };
  const lines = [
    "level=debug msg=a",
    "level=info msg=b",
    "level=warning msg=c",
    "level=error msg=d",
  ];
  assertEquals(logged("debug", {}, all), lines);
  assertEquals(logged("info", {}, all), lines.slice(1));
  assertEquals(logged("warn", {}, all), lines.slice(2));
  assertEquals(logged("error", {}, all), lines.slice(3));
});

Deno.test("logger: a message has the logger's fields and its own, its own before the logger's", () => {
  const [line] = logged("info", { pid: 1, namespace: "n" }, (logger) => {
    logger.info("reaped", { pid: 2, status: 0 });
  });
  assertEquals(line.split(" ").toSorted(), [
    "level=info",
    "msg=reaped",
    "namespace=n",
    "pid=2",
    "status=0",
  ]);
});
