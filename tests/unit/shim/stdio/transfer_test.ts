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
