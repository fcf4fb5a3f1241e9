import { assertEquals } from "@std/assert";
import {
  type CommandResult,
  outputOf,
  type PrivateContainerd,
} from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

/** Eight MiB in lines of eight bytes, no two alike: what is lost, doubled or moved shows. */
const eightMebibytes = ["seq", "1000000", "2048575"];
const expected = Array.from({ length: 2 ** 20 }, (_, line) => `${1000000 + line}\n`).join("");

/** Expects all of the lines, and shows the first ones that differ: the whole can't be read. */
function assertLines(actual: string, expected: string): void {
  if (actual === expected) return;
  const [actualLines, expectedLines] = [actual.split("\n"), expected.split("\n")];
  const index = expectedLines.findIndex((line, index) => line !== actualLines[index]);
  assertEquals(
    { index, length: actual.length, lines: actualLines.slice(index, index + 3) },
    { index, length: expected.length, lines: expectedLines.slice(index, index + 3) },
  );
}

function assertWhole({ code, stdout, stderr }: CommandResult): void {
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertLines(stdout, expected);
}

test("eight MiB of init's output arrive whole and in order", async (containerd) => {
  assertWhole(await containerd.run(["--rm"], "box", ...eightMebibytes));
});

test("eight MiB of an exec's output arrive whole and in order", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  assertWhole(await containerd.exec("box", ...eightMebibytes));
  await containerd.remove("box");
});

test("eight MiB through init's input and output", async (containerd) => {
  const args = containerd.runArguments(["--rm"], "box", "cat");
  assertWhole(await containerd.ctrWithInput(expected, ...args));
});

test("eight MiB through an exec's input and output", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  assertWhole(
    await containerd.ctrWithInput(expected, ...containerd.execArguments([], "box", "cat")),
  );
  await containerd.remove("box");
});

test("a process may end before it has read its input", async (containerd) => {
  await containerd.runDetached("box", "sleep", "1000");
  const args = containerd.execArguments([], "box", "head", "-c", "8");
  const { code, stdout } = await outputAfterRefusedInput(containerd, args);
  assertEquals({ code, stdout }, { code: 0, stdout: "1000000\n" });
  await containerd.remove("box");
});

/** Runs ctr with eight MiB of input, which it need not take. */
async function outputAfterRefusedInput(
  containerd: PrivateContainerd,
  args: string[],
): Promise<CommandResult> {
  const ctr = containerd.spawnCtr(args);
  const input = ReadableStream.from([new TextEncoder().encode(expected)]).pipeTo(ctr.stdin);
  const [result] = await Promise.all([outputOf(ctr), input.catch(() => {})]); // a broken pipe
  return result;
}

test("both output streams at once, two MiB each", async (containerd) => {
  const script = "seq 1000000 1262143 & seq 1000000 1262143 >&2; wait";
  const result = await containerd.run(["--rm"], "box", "sh", "-c", script);
  const half = expected.slice(0, 2 ** 21);
  assertEquals(result.code, 0);
  assertLines(result.stdout, half);
  assertLines(result.stderr, half);
});

test("eight containers at once, each with two MiB on both output streams", async (containerd) => {
  const script = "seq 1000000 1262143 & seq 1000000 1262143 >&2; wait";
  const half = expected.slice(0, 2 ** 21);
  const ids = Array.from({ length: 8 }, (_, index) => `box${index}`);
  const results = await Promise.all(
    ids.map((id) => containerd.run(["--rm"], id, "sh", "-c", script)),
  );
  for (const { stdout, stderr } of results) {
    assertLines(stdout, half);
    assertLines(stderr, half);
  }
});

test("the last words of a process that dies at once are not lost", async (containerd) => {
  for (let run = 0; run < 5; run++) {
    const result = await containerd.run(["--rm"], "box", "sh", "-c", "seq 20000; kill -9 $PPID");
    assertEquals(result.stdout.endsWith("\n19999\n20000\n"), true);
  }
});
