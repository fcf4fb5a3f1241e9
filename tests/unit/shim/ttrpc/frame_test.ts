import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  encodeFrame,
  FrameReader,
  FrameType,
  FrameWriter,
  OversizedFrameError,
} from "../../../../shim/ttrpc/frame.ts";
import { assertSameBytes } from "../../../harness/unit/descriptors.ts";
import { concat, MAX_DATA_LENGTH, pattern, test } from "./connections.ts";

/** Gives its bytes in pieces of the given lengths, the last length again and again. */
function source(bytes: Uint8Array, ...lengths: number[]): Pick<Deno.Conn, "read"> {
  let at = 0;
  let piece = 0;
  return {
    read(buffer) {
      if (at === bytes.length) return Promise.resolve(null);
      const length = lengths[Math.min(piece++, lengths.length - 1)];
      const count = Math.min(length, buffer.length, bytes.length - at);
      buffer.set(bytes.subarray(at, at + count));
      at += count;
      return Promise.resolve(count);
    },
  };
}

test("a frame is a header of ten bytes, big-endian, and the data", () => {
  assertEquals(
    encodeFrame(0x01020305, FrameType.REQUEST, Uint8Array.of(0xaa, 0xbb)),
    Uint8Array.of(0, 0, 0, 2, 1, 2, 3, 5, 1, 0, 0xaa, 0xbb),
  );
});

test("frames are read whole, however their bytes arrive", async () => {
  const datas = [0, 1, 10, 8181, 8182, 8183, 100_000, 0, 3].map((length) =>
    pattern(length, length)
  );
  const bytes = concat(...datas.map((data, index) => encodeFrame(2 * index + 1, 2, data)));
  for (const lengths of [[1], [7], [10], [11, 1], [8192], [9, 4096, 2], [bytes.length]]) {
    const reader = new FrameReader(source(bytes, ...lengths));
    const frames = [];
    for (let frame = await reader.read(); frame; frame = await reader.read()) frames.push(frame);
    assertEquals(frames.map(({ streamId }) => streamId), datas.map((_, index) => 2 * index + 1));
    frames.forEach(({ data }, index) => assertSameBytes(data, datas[index]));
  }
});

test("type and flags are read as they came", async () => {
  const bytes = Uint8Array.of(0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 3, 5, 9);
  assertEquals(await new FrameReader(source(bytes, 100)).read(), {
    streamId: 0xffffffff,
    type: 3,
    flags: 5,
    data: Uint8Array.of(9),
  });
});

test("an end between frames is null, within a frame an error that tells where", async () => {
  const bytes = encodeFrame(1, FrameType.REQUEST, new Uint8Array(20_000));
  const read = async (length: number) => {
    const reader = new FrameReader(source(bytes.subarray(0, length), 1000));
    return [await reader.read(), await reader.read()];
  };
  assertEquals((await read(bytes.length))[1], null);
  assertEquals(await new FrameReader(source(new Uint8Array(), 1)).read(), null);
  const { UnexpectedEof } = Deno.errors;
  await assertRejects(() => read(4), UnexpectedEof, "after 4 of 10 bytes of its header");
  await assertRejects(() => read(10), UnexpectedEof, "after 0 of 20000 bytes of its data");
  await assertRejects(() => read(20_009), UnexpectedEof, "after 19999 of 20000 bytes of its data");
});

test("4 MiB of data is the most, sent or received", async () => {
  const largest = encodeFrame(1, FrameType.REQUEST, new Uint8Array(MAX_DATA_LENGTH));
  const frame = await new FrameReader(source(largest, 65536)).read();
  assertEquals(frame?.data.length, 4 * 1024 * 1024);

  const length = MAX_DATA_LENGTH + 1;
  const sent = assertThrows(() => encodeFrame(1, 1, new Uint8Array(length)), OversizedFrameError);
  assertEquals(sent.length, length);
});

test("more than 4 MiB of data is read past, and what follows is read whole", async () => {
  const length = MAX_DATA_LENGTH + 1;
  const oversized = new Uint8Array(10 + length);
  oversized.set([0, 0x40, 0, 1, 0, 0, 0, 5, 1, 3]);
  const next = encodeFrame(7, FrameType.REQUEST, pattern(3, 3));
  const bytes = concat(oversized, next, oversized, oversized, next);
  for (const lengths of [[10, 65536], [8192], [bytes.length], [7, 1, 2, 8190]]) {
    const reader = new FrameReader(source(bytes, ...lengths));
    const frames = [];
    for (let frame = await reader.read(); frame; frame = await reader.read()) frames.push(frame);
    assertEquals(frames.map(({ streamId }) => streamId), [5, 7, 5, 5, 7]);
    for (const { type, flags, data, oversized } of frames) {
      assertEquals(
        [type, flags, oversized?.length],
        data.length ? [1, 0, undefined] : [1, 3, length],
      );
      assertEquals(oversized?.message.includes("4194305 bytes"), data.length ? undefined : true);
    }
    assertSameBytes(frames[4].data, pattern(3, 3));
  }
});

test("frames written at the same time go out whole and in order, each by one write", async () => {
  const written: number[] = [];
  const lengths: number[] = [];
  let most = Infinity;
  const writer = new FrameWriter({
    async write(bytes) {
      await Promise.resolve();
      lengths.push(bytes.length);
      const count = Math.min(bytes.length, most);
      written.push(...bytes.subarray(0, count));
      return count;
    },
  });
  const frames = [1, 3, 5].map((id) => encodeFrame(id, FrameType.RESPONSE, pattern(40, id)));
  await Promise.all(frames.map((frame) => writer.write(frame)));
  assertEquals(lengths, [50, 50, 50]);
  most = 7;
  frames.forEach((frame) => writer.write(frame));
  await writer.flush();
  assertEquals(Uint8Array.from(written), concat(...frames, ...frames));
});
