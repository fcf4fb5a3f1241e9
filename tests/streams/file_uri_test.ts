import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { expectSuccess, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { test } from "../harness/suite/black_box.ts";

/** Runs a container to its end, with its outputs in a file in a folder that is not there yet; the file's text. */
async function logOf(containerd: PrivateContainerd, flags: string[], script: string) {
  const folder = join(containerd.folder, "logs");
  const file = join(folder, "deep", "box.log");
  const uri = `file://${file}`;
  for (let run = 0; run < 2; run++) {
    await using events = await containerd.recordEvents();
    const args = ["-d", "--log-uri", uri, ...flags];
    expectSuccess(await containerd.run(args, "box", "sh", "-c", script));
    await events.untilExit("box");
    await containerd.remove("box");
  }
  const text = await Deno.readTextFile(file);
  const mode = (await Deno.stat(file)).mode! & 0o777;
  await Deno.remove(folder, { recursive: true });
  return { text, mode };
}

test("outputs go to a file by its URI, which is made, and appended to", async (containerd) => {
  const { text, mode } = await logOf(containerd, [], "echo out; echo err >&2");
  // They are two streams: which one comes first is not told.
  assertEquals(text.split("\n").toSorted(), ["", "err", "err", "out", "out"]);
  assertEquals(mode, 0o644);
});

test("eight MiB arrive in a file whole and in order", async (containerd) => {
  const { text } = await logOf(containerd, [], "seq 1000000 2048575");
  const once = Array.from({ length: 1 << 20 }, (_, index) => `${1_000_000 + index}\n`).join("");
  assertEquals(text === once + once, true);
});

test("what is escaped in the URI of a file is decoded", async (containerd) => {
  const uri = `file://${containerd.folder}/a%20log%3F%25`;
  expectSuccess(await containerd.run(["--rm", "--log-uri", uri], "box", "echo", "hello"));
  assertEquals(await Deno.readTextFile(`${containerd.folder}/a log?%`), "hello\n");
  await Deno.remove(`${containerd.folder}/a log?%`);
});
