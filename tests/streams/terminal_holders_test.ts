/** Who holds a terminal: nobody for a while, another process, a client that leaves it and comes back. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { within } from "../harness/expect/within.ts";
import { ctrAtTerminal } from "../harness/streams/pseudo_terminal.ts";
import { test } from "../harness/suite/black_box.ts";
import { testBoth, testScript, untilSized } from "../harness/suite/terminal_scripts.ts";

// No process has the terminal open for a while, which a reader can't tell from its end.
for (const path of ["/dev/tty", "/dev/console"]) {
  test(`init is heard after it has closed its terminal and opened ${path}`, async (containerd) => {
    const script = `echo first; exec <&- >&- 2>&-; sleep 0.2; exec <${path} >${path} 2>&1; ` +
      "echo second; read line; echo got $line; exit 6";
    const args = containerd.runArguments(["--rm", "-t"], "box", "sh", "-c", script);
    await using terminal = ctrAtTerminal(containerd, args);
    await terminal.output.until(/second/);
    await terminal.type("third\r");
    const { code, output } = await terminal.end();
    assertEquals(code, 6);
    assertStringIncludes(output, "got third");
  });
}

testScript(
  "what is typed while nobody has the terminal open harms nothing",
  "echo first; exec <&- >&- 2>&-; sleep 0.2; exec </dev/tty >/dev/tty 2>&1; " +
    "echo second; read line; echo got $line; exit 6",
  async (terminal) => {
    await terminal.output.until(/first/);
    await terminal.type("lost\r");
    await terminal.output.until(/second/);
    await terminal.type("third\r");
    const { code, output } = await terminal.end();
    assertEquals(code, 6);
    assertMatch(output, /got (lost|third)/);
  },
);

testBoth("a command that does not exist", async (run) => {
  await using terminal = run("/no/such/command");
  const { code, output } = await terminal.end();
  assertEquals(code, 1);
  assertStringIncludes(output, 'exec: "/no/such/command": stat /no/such/command: no such file');
});

const withGrandchild = "trap '' HUP; setsid sleep 2000 & echo started; exit 3";

test("the end of init ends ctr though another process has the terminal", async (containerd) => {
  for (const flags of [[], ["--with-ns", "pid:/proc/self/ns/pid"]]) {
    const script = `${untilSized}; ${withGrandchild}`;
    const args = containerd.runArguments(["--rm", "-t", ...flags], "box", "sh", "-c", script);
    await using terminal = ctrAtTerminal(containerd, args);
    const end = await within(30, "an end of ctr run", terminal.end());
    assertEquals(end, { code: 3, output: "started\r\n" });
  }
});

test("the end of an exec ends ctr though another process has the terminal", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const script = `${untilSized}; ${withGrandchild}`;
  const args = containerd.execArguments(["-t"], "box", "sh", "-c", script);
  await using terminal = ctrAtTerminal(containerd, args);
  const end = await within(30, "an end of ctr task exec", terminal.end());
  assertEquals(end, { code: 3, output: "started\r\n" });
  const list = await containerd.exec("box", "ps", "-o", "args");
  assertStringIncludes(list.stdout, "sleep 2000");
  await within(30, "an end of the removal", containerd.remove("box"));
});

/** Runs a container `box` with a terminal, and leaves it. */
async function runDetachedAtTerminal(
  containerd: PrivateContainerd,
  ...command: string[]
): Promise<void> {
  const args = containerd.runArguments(["--detach", "-t"], "box", ...command);
  await using terminal = ctrAtTerminal(containerd, args);
  // Perhaps some of the output before ctr leaves.
  assertEquals((await terminal.end()).code, 0);
}

test("a terminal can be left, and taken up again", async (containerd) => {
  await runDetachedAtTerminal(containerd, "sh");
  for (let visit = 1; visit <= 3; visit++) {
    await using terminal = ctrAtTerminal(containerd, ["task", "attach", "box"]);
    await terminal.type(`echo visit $((${visit}))\r`);
    await terminal.output.until(new RegExp(`^visit ${visit}\r$`, "m"));
  }
  await using terminal = ctrAtTerminal(containerd, ["task", "attach", "box"]);
  await terminal.type("exit 8\r");
  assertEquals((await terminal.end()).code, 8);
  expectSuccess(await containerd.ctr("containers", "rm", "box"));
});

test("a terminal that nobody reads holds up its process, and no removal", async (containerd) => {
  await runDetachedAtTerminal(containerd, "yes");
  await containerd.execDetached("box", "chatty", "yes");
  assertEquals((await containerd.exec("box", "echo", "well")).stdout, "well\n");
  await within(30, "an end of the removal", containerd.remove("box"));
});

test("no socket of a console is left while its process runs", async (containerd) => {
  // A start has a lock for a moment; spares, and servers that may be shared, have doors.
  const sockets = () =>
    [...Deno.readDirSync("/run/containerd/s")].filter(({ isDirectory }) => !isDirectory)
      .map(({ name }) => name).filter((name) => !/\.(lock|first|spare)$/.test(name));
  const before = sockets();
  await runDetachedAtTerminal(containerd, "sleep", "1000");
  const withInit = sockets();
  assertEquals(withInit.length, before.length + 1);
  const args = containerd.execArguments(["-t"], "box", "sh", "-c", "echo ready; sleep 1000");
  await using terminal = ctrAtTerminal(containerd, args);
  await terminal.output.until(/ready/);
  assertEquals(sockets(), withInit);
  await containerd.remove("box");
  assertEquals((await terminal.end()).code, 137);
});
