import { assertEquals, assertThrows } from "@std/assert";
import {
  close,
  Errno,
  OpenFlag,
  pipe,
  read,
  SystemError,
  write,
} from "../../../../shim/libc/mod.ts";
import { copying, SOURCE_EMPTY, splicing, TARGET_FULL } from "../../../../shim/stdio/transfer.ts";
import {
  assertSameBytes,
  countedBytes,
  expectNoNewDescriptors,
} from "../../../harness/unit/descriptors.ts";

const PAGE = 4096;

for (const [how, make] of [["splicing", () => splicing], ["copying", copying]] as const) {
  const test = (name: string, run: () => void) =>
    Deno.test(`transfer: ${how} ${name}`, () => expectNoNewDescriptors(run));

  test("says how much it moved, that there is nothing now, and that there will be nothing more", () => {
    const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
    const transfer = make();
    assertEquals(transfer(source.read, target.write), SOURCE_EMPTY);
    write(source.write, Uint8Array.of(1, 2, 3));
    assertEquals(transfer(source.read, target.write), 3);
    assertEquals(transfer(source.read, target.write), SOURCE_EMPTY);
    close(source.write);
    assertEquals(transfer(source.read, target.write), 0);
    const buffer = new Uint8Array(10);
    assertEquals(buffer.subarray(0, read(target.read, buffer)), Uint8Array.of(1, 2, 3));
    for (const each of [source.read, target.read, target.write]) close(each);
  });

  test("moves a part where there is room for no more, and the rest later", () => {
    const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
    const transfer = make();
    // 16 pages are a pipe's size: one is left.
    assertEquals(write(target.write, new Uint8Array(15 * PAGE)), 15 * PAGE);
    const bytes = countedBytes(6 * PAGE);
    assertEquals(write(source.write, bytes), bytes.length);
    // What is copied is taken from the source before.
    assertEquals(transfer(source.read, target.write), how === "splicing" ? PAGE : TARGET_FULL);
    assertEquals(transfer(source.read, target.write), TARGET_FULL);
    const buffer = new Uint8Array(16 * PAGE);
    assertEquals(read(target.read, buffer), 16 * PAGE);
    assertSameBytes(buffer.slice(15 * PAGE), bytes.subarray(0, PAGE));
    assertEquals(transfer(source.read, target.write), 5 * PAGE);
    assertEquals(read(target.read, buffer), 5 * PAGE);
    assertSameBytes(buffer.slice(0, 5 * PAGE), bytes.subarray(PAGE));
    for (const each of [source, target]) {
      close(each.read);
      close(each.write);
    }
  });

  test("fails with EPIPE where nobody reads", () => {
    const [source, target] = [pipe(OpenFlag.NONBLOCK), pipe(OpenFlag.NONBLOCK)];
    close(target.read);
    write(source.write, Uint8Array.of(1));
    const error = assertThrows(() => make()(source.read, target.write), SystemError);
    assertEquals(error.errno, Errno.EPIPE);
    for (const each of [source.read, source.write, target.write]) close(each);
  });
}

/** A pipe whose reads give one write each (pipe(2), O_DIRECT), as those of a terminal give 4 KiB at most. */
const PACKETS = OpenFlag.NONBLOCK | (Deno.build.arch === "aarch64" ? 0o200000 : 0o40000);

Deno.test("transfer: copying gathers what a source gives in large pieces, and passes on a small one at once", () => {
  expectNoNewDescriptors(() => {
    const [source, target] = [pipe(PACKETS), pipe(OpenFlag.NONBLOCK)];
    const transfer = copying();
    const bytes = countedBytes(5 * PAGE);
    for (let at = 0; at < bytes.length; at += PAGE) {
      write(source.write, bytes.subarray(at, at + PAGE));
    }
    assertEquals(transfer(source.read, target.write), bytes.length);
    const buffer = new Uint8Array(16 * PAGE);
    assertSameBytes(buffer.slice(0, read(target.read, buffer)), bytes);

    for (const length of [1, 2]) write(source.write, new Uint8Array(length));
    assertEquals(transfer(source.read, target.write), 1);
    assertEquals(transfer(source.read, target.write), 2);
    for (const each of [source, target]) {
      close(each.read);
      close(each.write);
    }
  });
});
