/** Terminals: those of `ctr -t`. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { testBetterThanGo } from "../harness/suite/black_box.ts";
import { testBoth, testScript, untilHeard } from "../harness/suite/terminal_scripts.ts";

testBoth("ctr has nothing to say of a process that ends at once", async (run) => {
  await using terminal = run("echo", "hi");
  assertEquals(await terminal.end(), { code: 0, output: "hi\r\n" });
}, testBetterThanGo);

testScript(
  "all three streams are a terminal, which is also the controlling one",
  "for fd in 0 1 2; do readlink /proc/self/fd/$fd; done; tty; echo ctty >/dev/tty; exit 7",
  async (terminal) => {
    const { code, output } = await terminal.end();
    assertEquals(code, 7);
    assertMatch(output, /^(\/dev\/pts\/\d+\r\n)\1\1\1ctty\r\n$/);
  },
);

testScript(
  "standard output and standard error are one stream, in order",
  "for i in 1 2 3; do echo out $i; echo err $i >&2; done",
  async (terminal) => {
    assertEquals(await terminal.end(), {
      code: 0,
      output: "out 1\r\nerr 1\r\nout 2\r\nerr 2\r\nout 3\r\nerr 3\r\n",
    });
  },
);

testScript(
  "the process sees the size of the terminal, and SIGWINCH when it changes",
  "trap 'stty size' WINCH; echo ready; until read line; do :; done; exit 6",
  async (terminal) => {
    await terminal.output.until(/ready/);
    terminal.resize(132, 43);
    await untilHeard(terminal, /43 132/);
    terminal.resize(20, 10);
    await terminal.output.until(/10 20/);
    await terminal.type("\r");
    assertEquals((await terminal.end()).code, 6);
  },
);

testScript(
  "what is typed reaches the process, and is echoed",
  "echo ready; read line; echo got $line; exit 5",
  async (terminal) => {
    await terminal.output.until(/ready\r\n/);
    await terminal.type("hello\x7f\x7fp\r");
    const { code, output } = await terminal.end();
    assertEquals(code, 5);
    assertStringIncludes(output, "got help\r\n");
    assertMatch(output, /^hello/);
  },
);

testScript("a shell can be used", "exec sh", async (terminal) => {
  await terminal.type("echo $((6 * 7))\r");
  await terminal.output.until(/^42\r$/m);
  await terminal.type("exit 9\r");
  assertEquals((await terminal.end()).code, 9);
});

testScript(
  "control and C end the command in the foreground, not the shell",
  "exec sh",
  async (terminal) => {
    await terminal.type("sh -c 'echo rea''dy; exec sleep 1000'\r");
    await terminal.output.until(/^ready\r$/m);
    await terminal.type("\x03");
    await terminal.output.until(/# /);
    await terminal.type("echo status $?\r");
    await terminal.output.until(/^status 130\r$/m);
    await terminal.type("exit 9\r");
    assertEquals((await terminal.end()).code, 9);
  },
);

testScript("control and D end the input", "echo ready; wc -c; exit 4", async (terminal) => {
  await terminal.output.until(/ready\r\n/);
  await terminal.type("12345\r\x04");
  const { code, output } = await terminal.end();
  assertEquals({ code, output }, { code: 4, output: "12345\r\n6\r\n" });
});

testScript(
  "eight MiB arrive whole and in order",
  "stty -onlcr; exec seq 1000000 2048575",
  async (terminal) => {
    const { code, output } = await terminal.end();
    assertEquals(code, 0);
    const lines = output.split("\n");
    const wrong = lines.findIndex((line, index) => line !== `${1000000 + index}`);
    assertEquals({ wrong, last: lines[wrong], bytes: output.length }, {
      wrong: 2 ** 20,
      last: "",
      bytes: 2 ** 23,
    });
  },
);

testScript(
  "256 KiB are typed and come back, all at once",
  `stty raw -echo; echo ready; exec head -c ${2 ** 18}`,
  async (terminal) => {
    const keys = Array.from({ length: 2 ** 15 }, (_, line) => `${1000000 + line}\n`).join("");
    await terminal.output.until(/ready\n/);
    const [{ code, output }] = await Promise.all([terminal.end(), terminal.type(keys)]);
    assertEquals({ code, bytes: output.length, same: output === keys }, {
      code: 0,
      bytes: keys.length,
      same: true,
    });
  },
);
