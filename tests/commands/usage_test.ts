/** The command line of the commands for people, and that containerd's is as it was. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../commands/command_line/description.ts";
import { runtimeUnderTest } from "../harness/containerd/private_containerd.ts";
import { runCommand } from "../harness/shim/commands.ts";

const isOurs = runtimeUnderTest().name === "io.containerd.ts.v2";

function test(name: string, body: () => Promise<void>): void {
  Deno.test(`commands: ${name}`, { ignore: !isOurs }, body);
}

test("what is wrong is told in a line, with exit code 2", async () => {
  const wrong: [string[], RegExp][] = [
    [["pz"], /there is no command pz; commands are ps, /],
    [["ps", "--frobnicate"], /ps has no option --frobnicate; see .* ps --help/],
    [["ps", "box"], /unexpected box; see .* ps --help/],
    [["ps", "--address"], /--address needs SOCKET/],
    [["inspect"], /inspect needs ID; see .* inspect --help/],
    [["inspect", "a", "b"], /unexpected b/],
    [["help", "pz"], /there is no command pz/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await runCommand(...args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, message);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  }
});

test("--help of all, and of each", async () => {
  const { code, stdout } = await runCommand("--help");
  assertEquals(code, 0);
  for (const { name, summary, options } of COMMANDS) {
    assertStringIncludes(stdout, name);
    const help = await runCommand(name, "--help");
    assertEquals([help.code, help.stderr], [0, ""]);
    assertStringIncludes(help.stdout, `Usage: containerd-shim-ts-v2 ${name}`);
    for (const option of options) assertStringIncludes(help.stdout, `--${option.name}`);
    assertEquals((await runCommand("help", name)).stdout, help.stdout);
    assert(summary.length < 80);
    for (const line of help.stdout.split("\n").filter((line) => !line.includes("/"))) {
      assert(line.length <= 80, line);
    }
  }
});

test("containerd's command lines are not theirs", async () => {
  const version = await runCommand("-v");
  assertEquals(version.code, 0);
  assertMatch(version.stdout, /^containerd-shim-ts-v2:\n {2}Version: {2}\d/);
  for (const args of [[], ["start"], ["delete"], ["-id", "box", "start"]]) {
    const { code, stderr } = await runCommand(...args);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "the flag -namespace is required");
  }
  const { code, stderr } = await runCommand("-namespace", "default", "-id", "box", "ps");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "unknown action ps; known are start, delete, serve");
});
