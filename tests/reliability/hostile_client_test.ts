/** What does not belong on a shim's socket disturbs nobody else, and costs nothing. */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { Request, Response, StateRequest } from "../../proto/mod.ts";
import { encodeFrame, FrameReader, FrameType } from "../../shim/ttrpc/frame.ts";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test, testBetterThanGo } from "../harness/suite/black_box.ts";

/** A frame's header (see shim/ttrpc/frame.ts): length, stream id, type, flags; then data. */
function frame(length: number, streamId: number, type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(10 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  view.setUint32(4, streamId);
  view.setUint8(8, type);
  bytes.set(data, 10);
  return bytes;
}

const hostileBytes: [name: string, bytes: Uint8Array][] = [
  ["a frame over 4 MiB", frame(2 ** 22 + 1, 1, 1, new Uint8Array())],
  ["the longest frame that a header can tell", frame(2 ** 32 - 1, 1, 1, new Uint8Array())],
  ["a request of HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: shim\r\n\r\n")],
  ["a stream id of a server", frame(0, 2, 1, new Uint8Array())],
  ["a request that is no protobuf", frame(4, 1, 1, new Uint8Array([255, 255, 255, 255]))],
  ["half a frame", frame(100, 1, 1, new Uint8Array(10))],
];

for (const [name, bytes] of hostileBytes) {
  test(`${name} does not disturb the others`, async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const pid = await shim.create(containerd);
    const wait = shim.tasks.call("Wait", { id: "box" });
    const connection = await connect(shim);
    await connection.write(bytes);
    assertEquals((await shim.tasks.call("State", { id: "box" })).pid, pid);
    connection.close();
    assertEquals((await shim.tasks.call("State", { id: "box" })).pid, pid);
    await shim.end();
    assertEquals((await wait).exitStatus, 137);
  });
}

testBetterThanGo("the log tells what a client does wrong", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  for (const [, bytes] of hostileBytes) {
    const connection = await connect(shim);
    await connection.write(bytes);
    await connection.closeWrite();
    // An answer where there is a whole frame, and the end in any case.
    while (await connection.read(new Uint8Array(100)) !== null);
    connection.close();
  }
  const log = await shim.shutDown();
  assertEquals(log.match(/level=(warning|error) /g)?.length, hostileBytes.length, log);
});

test("a frame over 4 MiB costs its call, not the connection", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const connection = await connect(shim);
  const length = 2 ** 22 + 1;
  await writeAll(connection, frame(length, 1, 1, new Uint8Array(length)));
  const { streamId, data } = (await new FrameReader(connection).read())!;
  const { status } = Response.decode(data);
  assertEquals([streamId, status?.code], [1, StatusCode.RESOURCE_EXHAUSTED]);
  await writeAll(connection, stateRequest(3));
  assertEquals((await new FrameReader(connection).read())?.streamId, 3);
  connection.close();
  await shim.shutDown();
});

/** How many requests a client sends that reads none of its answers. */
const FLOOD = 60_000;
/** How much larger the server may get by it, in KiB. */
const FLOOD_KIB = 24 << 10;

testBetterThanGo(
  "a client that sends and never reads is not read either, and costs no memory",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const pid = await shim.create(containerd);
    const state = async (times: number) => {
      while (times-- > 0) assertEquals((await shim.tasks.call("State", { id: "box" })).pid, pid);
    };
    await state(500);
    const before = residentKib(shim.pid);
    const connection = await connect(shim);
    const requests = Array.from({ length: FLOOD }, (_, index) => stateRequest(2 * index + 1));
    const written = new Blob(requests).stream().pipeTo(connection.writable, { preventClose: true });
    // Where the test fails before it awaits this, its own failure is the one to report.
    written.catch(() => {});
    // Who reads goes on being served.
    await state(1500);
    assertLess(residentKib(shim.pid) - before, FLOOD_KIB);

    // Nothing was lost: every request is answered as soon as it is read.
    const reader = new FrameReader(connection);
    for (let index = 0; index < FLOOD; index++) {
      const answer = await reader.read();
      if (answer?.streamId !== 2 * index + 1) assertEquals(answer?.streamId, 2 * index + 1);
    }
    await written;
    connection.close();
    await shim.end();
  },
);

testBetterThanGo("a deadline costs no memory once its call is answered", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  const pid = await shim.create(containerd);
  const state = async (times: number) => {
    for (let time = 0; time < times; time++) {
      // All with other deadlines, each later than those before.
      const answer = await shim.tasks.call("State", { id: "box" }, { timeoutMs: 20 * 60_000 });
      assertEquals(answer.pid, pid);
    }
  };
  await state(2000);
  const before = residentKib(shim.pid);
  await state(20_000);
  assertLess(residentKib(shim.pid) - before, 16 << 10);
  await shim.end();
});

function stateRequest(streamId: number): Uint8Array<ArrayBuffer> {
  const payload = StateRequest.encode({ id: "box" }).finish();
  const request = { service: "containerd.task.v2.Task", method: "State", payload };
  return new Uint8Array(encodeFrame(streamId, FrameType.REQUEST, Request.encode(request).finish()));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** How much memory a process has, in KiB; see proc(5). */
function residentKib(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}

testBetterThanGo("a log that nobody reads holds nothing up", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  // Each of them is a line in the log, and the FIFO holds 64 KiB.
  for (let index = 0; index < 1000; index++) {
    const connection = await connect(shim);
    await connection.write(hostileBytes[0][1]);
    await connection.closeWrite();
    await connection.read(new Uint8Array(1));
    connection.close();
  }
  await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id: "box" }));
  assertMatch(await shim.shutDown(), /^(time=".+" level=\w+ msg=.*\n)+/);
});

function connect({ address }: DirectShim): Promise<Deno.UnixConn> {
  return Deno.connect({ transport: "unix", path: address.replace("unix://", "") });
}
