import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { close, open, OpenFlag, pipe, read, write } from "../../../../shim/libc/mod.ts";
import { Reactor } from "../../../../shim/process/reactor.ts";
import { Relay } from "../../../../shim/stdio/relay.ts";
import { DescriptorTarget } from "../../../../shim/stdio/target.ts";
import { copying, splicing } from "../../../../shim/stdio/transfer.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { within } from "../../../harness/expect/within.ts";
import {
  assertSameBytes,
  countedBytes,
  expectNoNewDescriptors,
  openReader,
  readExactly,
  readToEnd,
  toFile,
  writeAll,
} from "../../../harness/unit/descriptors.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { expectIdle } from "../../../harness/unit/processor_time.ts";
import { makeFifos, withFolder } from "../../../harness/unit/temporary_folder.ts";

const reactor = new Reactor(new LogRecorder());
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function test(name: string, run: () => Promise<void>): void {
  Deno.test(`relay: ${name}`, () => within(60, "the bytes", expectNoNewDescriptors(run)));
}

/** A relay between two pipes, and their outer ends. */
function relayBetweenPipes(
  transfer = splicing,
): { relay: Relay; writer: Deno.FsFile; reader: Deno.FsFile } {
  const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  const relay = new Relay(reactor, {
    source: source.read,
    target: new DescriptorTarget(reactor, target.write, transfer),
  });
  return { relay, writer: toFile(source.write, "write"), reader: toFile(target.read, "read") };
}

/** A relay from a pipe to a FIFO that it holds open for both directions, as those of outputs do. */
function relayToFifo(path: string): { relay: Relay; writer: Deno.FsFile } {
  makeFifos(path);
  const source = pipe(OpenFlag.NONBLOCK);
  const fifo = open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
  const target = new DescriptorTarget(reactor, fifo, splicing);
  const relay = new Relay(reactor, { source: source.read, target });
  return { relay, writer: toFile(source.write, "write") };
}

const isBlocked = (relay: Relay) => () => relay.blocked || undefined;

for (const [how, transfer] of [["splicing", () => splicing], ["copying", copying]] as const) {
  test(`carries 8 MiB whole and in order by ${how}, and ends with its source`, async () => {
    const { relay, writer, reader } = relayBetweenPipes(transfer());
    const bytes = countedBytes(8 << 20);
    const carried = readToEnd(reader);
    await writeAll(writer, bytes);
    assertEquals(relay.hasEnded, false);
    writer.close();
    assertSameBytes(await carried, bytes);
    await relay.ended;
    assertEquals(relay.hasEnded, true);
    assert(relay.moves > 0);
    reader.close();
  });

  test(`waits for a reader whose pipe is full by ${how}, and goes on with it`, async () => {
    const { relay, writer, reader } = relayBetweenPipes(transfer());
    const bytes = countedBytes(8 << 20);
    const written = writeAll(writer, bytes).then(() => writer.close());
    await eventually("the relay to wait for its target", isBlocked(relay));
    const moves = relay.moves;
    const first = await readExactly(reader, 3 << 20);
    assertSameBytes(first, bytes.subarray(0, 3 << 20));
    await eventually("the relay to wait again", isBlocked(relay));
    assert(relay.moves > moves);
    assertEquals(relay.hasEnded, false);
    assertSameBytes(await readToEnd(reader), bytes.subarray(3 << 20));
    await Promise.all([written, relay.ended]);
    assertEquals(relay.blocked, false);
    reader.close();
  });
}

test("a terminal ends with its process when all is read, though another process has it open", async () => {
  const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  const relay = new Relay(reactor, {
    source: source.read,
    target: new DescriptorTarget(reactor, target.write, copying()),
    fromTerminal: true,
  });
  const reader = toFile(target.read, "read");
  write(source.write, encoder.encode("the last word"));
  relay.expectEnd();
  assertEquals(decoder.decode(await readToEnd(reader)), "the last word");
  await relay.ended;
  close(source.write);
  reader.close();
});

test("what was taken from the source while the reader's pipe was full is carried, though no more comes", async () => {
  const { relay, writer, reader } = relayBetweenPipes(copying());
  // More than the largest pipe takes, by less than is copied at once.
  const bytes = countedBytes((1 << 20) + 10_000);
  await writeAll(writer, bytes);
  await eventually("the relay to wait for its target", isBlocked(relay));
  assertSameBytes(await readExactly(reader, bytes.length), bytes);
  writer.close();
  await relay.ended;
  reader.close();
});

test("many small writes arrive as they were", async () => {
  const { relay, writer, reader } = relayBetweenPipes();
  const carried = readToEnd(reader);
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) await writeAll(writer, encoder.encode(line));
  writer.close();
  assertEquals(decoder.decode(await carried), lines.join(""));
  await relay.ended;
  reader.close();
});

test("what is in the source when its writer goes is carried", async () => {
  const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
  write(source.write, encoder.encode("the last word"));
  close(source.write);
  const relay = new Relay(reactor, {
    source: source.read,
    target: new DescriptorTarget(reactor, target.write, splicing),
  });
  const reader = toFile(target.read, "read");
  assertEquals(decoder.decode(await readToEnd(reader)), "the last word");
  await relay.ended;
  reader.close();
});

test("ends when its reader is gone, and its writer is told", async () => {
  const { relay, writer, reader } = relayBetweenPipes();
  reader.close();
  await writeAll(writer, encoder.encode("for nobody"));
  await relay.ended;
  await assertRejects(() => writer.write(encoder.encode("more")), Deno.errors.BrokenPipe);
  writer.close();
});

test("ends when its reader goes while the pipe is full", async () => {
  const { relay, writer, reader } = relayBetweenPipes();
  const written = assertRejects(
    () => writeAll(writer, countedBytes(8 << 20)),
    Deno.errors.BrokenPipe,
  );
  await eventually("the relay to wait for its target", isBlocked(relay));
  reader.close();
  await Promise.all([relay.ended, written]);
  writer.close();
});

test("close ends it at once, twice as well, whatever is still to be carried", async () => {
  for (const blocked of [false, true]) {
    const { relay, writer, reader } = relayBetweenPipes();
    const written = blocked && assertRejects(
      () => writeAll(writer, countedBytes(8 << 20)),
      Deno.errors.BrokenPipe,
    );
    if (blocked) await eventually("the relay to wait for its target", isBlocked(relay));
    relay.close();
    relay.close();
    assertEquals([relay.hasEnded, relay.blocked], [true, false]);
    await relay.ended;
    await written;
    await readToEnd(reader);
    writer.close();
    reader.close();
  }
});

test("a reader of a FIFO leaves and another one goes on where it stopped", () =>
  withFolder(async (folder) => {
    const path = join(folder, "fifo");
    const { relay, writer } = relayToFifo(path);
    const bytes = countedBytes(4 << 20);
    const written = writeAll(writer, bytes).then(() => writer.close());
    let from = 0;
    for (const length of [5, 100_000, 1 << 20, 3]) {
      using reader = openReader(path);
      assertSameBytes(await readExactly(reader, length), bytes.subarray(from, from + length));
      from += length;
    }
    await eventually("the relay to wait without a reader", isBlocked(relay));
    using reader = openReader(path);
    assertSameBytes(await readToEnd(reader), bytes.subarray(from));
    await Promise.all([written, relay.ended]);
  }));

test("one that waits for its reader does not hold up another", async () => {
  const slow = relayBetweenPipes();
  const written = writeAll(slow.writer, countedBytes(4 << 20)).then(() => slow.writer.close());
  await eventually("the relay to wait for its target", isBlocked(slow.relay));

  const other = relayBetweenPipes();
  const bytes = countedBytes(4 << 20);
  const carried = readToEnd(other.reader);
  await writeAll(other.writer, bytes);
  other.writer.close();
  assertSameBytes(await carried, bytes);
  assertEquals(slow.relay.blocked, true);

  assertSameBytes(await readToEnd(slow.reader), countedBytes(4 << 20));
  await Promise.all([written, slow.relay.ended, other.relay.ended]);
  slow.reader.close();
  other.reader.close();
});

test("one that waits turns no processor: neither for input, nor for room with its writer gone", async () => {
  const idle = relayBetweenPipes();
  const full = relayBetweenPipes();
  // Nobody reads, and the writer has gone: what would wake a careless loop without end.
  const source = countedBytes(3 << 20);
  const written = writeAll(full.writer, source);
  await eventually("the relay to wait for its target", isBlocked(full.relay));
  const rest = readExactly(full.reader, 1 << 20);
  await Promise.all([written, rest]);
  full.writer.close();
  await eventually("the relay to wait again", isBlocked(full.relay));

  await expectIdle();

  idle.writer.close();
  await Promise.all([readToEnd(full.reader), readToEnd(idle.reader)]);
  await Promise.all([full.relay.ended, idle.relay.ended]);
  full.reader.close();
  idle.reader.close();
});

test("without a reader its bytes wait in the FIFO for the first one", () =>
  withFolder(async (folder) => {
    const path = join(folder, "fifo");
    const { relay, writer } = relayToFifo(path);
    const descriptor = open(path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
    await writeAll(writer, encoder.encode("early"));
    await eventually("the bytes to be carried", () => relay.moves > 0 || undefined);
    const buffer = new Uint8Array(100);
    assertEquals(decoder.decode(buffer.subarray(0, read(descriptor, buffer))), "early");
    close(descriptor);
    writer.close();
    await relay.ended;
  }));
