import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { close, open, OpenFlag, pipe, write } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { LogFile } from "../../../../shim/stdio/log_file.ts";
import { Relay } from "../../../../shim/stdio/relay.ts";
import { SOURCE_EMPTY, TARGET_FULL } from "../../../../shim/stdio/transfer.ts";
import { within } from "../../../harness/expect/within.ts";
import {
  assertSameBytes,
  countedBytes,
  expectNoNewDescriptors,
} from "../../../harness/unit/descriptors.ts";
import { toFile, writeAll } from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const reactor = new Reactor(new LogRecorder());
const encoder = new TextEncoder();

// What stays open for a file, and what is opened for each of its writes.
for (const isLocal of [true, false]) {
  const test = (name: string, run: (path: string) => Promise<void>) =>
    Deno.test(
      `log file, ${isLocal ? "local" : "a server's"}: ${name}`,
      () =>
        within(
          60,
          "an end",
          withFolder((folder) => expectNoNewDescriptors(() => run(join(folder, "logs", "log")))),
        ),
    );

  const openLog = (path: string) => {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, "", { append: true });
    const flags = isLocal ? OpenFlag.WRONLY | OpenFlag.APPEND : OpenFlag.PATH;
    const file = { descriptor: open(path, flags), device: "", isDevice: false, isLocal };
    return new LogFile(file, () => {});
  };

  test("all that a relay carries is appended", async (path) => {
    const bytes = countedBytes(8 << 20);
    for (let round = 0; round < 2; round++) {
      const file = openLog(path);
      const source = pipe(OpenFlag.NONBLOCK);
      const relay = new Relay(reactor, { source: source.read, target: file.open() });
      using writer = toFile(source.write, "write");
      await writeAll(writer, bytes);
      writer.close();
      await relay.ended;
      await file.closed;
    }
    const written = await Deno.readFile(path);
    assertSameBytes(written.subarray(0, bytes.length), bytes);
    assertSameBytes(written.subarray(bytes.length), bytes);
  });

  test("two outputs are written in the order in which they were read", async (path) => {
    const file = openLog(path);
    const [one, two] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
    const [first, second] = [file.open(), file.open()];
    let expected = "";
    for (let line = 0; line < 200; line++) {
      for (const [ends, target] of [[one, first], [two, second]] as const) {
        const text = `line ${line} of ${ends.read}\n`;
        expected += text;
        write(ends.write, encoder.encode(text));
        assertEquals(target.take(ends.read), TARGET_FULL);
      }
      await Promise.all(
        [first, second].map((target) => new Promise<void>((resolve) => target.whenRoom(resolve))),
      );
    }
    assertEquals(first.take(one.read), SOURCE_EMPTY);
    assertEquals(await Deno.readTextFile(path), expected);
    for (const { read, write } of [one, two]) {
      close(read);
      close(write);
    }
    first.close();
    second.close();
    await file.closed;
  });

  test("a file that was moved is written on, and nothing is lost when it is closed", async (path) => {
    const file = openLog(path);
    const source = pipe(OpenFlag.NONBLOCK);
    const target = file.open();
    await Deno.rename(path, `${path}.1`);
    write(source.write, encoder.encode("the last word"));
    target.take(source.read);
    target.close();
    await file.closed;
    await within(
      5,
      "a write",
      (async () => {
        while (await Deno.readTextFile(`${path}.1`) !== "the last word") {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })(),
    );
    // It is closed behind the write.
    while ([...Deno.readDirSync("/proc/self/fd")].some(({ name }) => leadsTo(name, `${path}.1`))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    close(source.read);
    close(source.write);
  });
}

function leadsTo(descriptor: string, path: string): boolean {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`) === path;
  } catch {
    return false; // that of the folder itself
  }
}
