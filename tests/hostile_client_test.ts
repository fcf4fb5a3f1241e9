/** What does not belong on a shim's socket ends its own connection, and nothing else. */

import { assertEquals, assertMatch } from "@std/assert";
import { StatusCode } from "../shim/ttrpc/mod.ts";
import { test, testBetterThanGo } from "./black_box.ts";
import { DirectShim } from "./direct_shim.ts";
import { expectStatus } from "./expect_status.ts";

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

testBetterThanGo(
  "a malformed frame ends its connection, and the log says why",
  async (containerd) => {
    const shim = await DirectShim.start(containerd, "box");
    const malformed = hostileBytes.slice(0, 4);
    for (const [, bytes] of malformed) {
      const connection = await connect(shim);
      await connection.write(bytes);
      assertEquals(await connection.read(new Uint8Array(1)).catch(() => null), null);
      connection.close();
    }
    const log = await shim.shutDown();
    assertEquals(log.match(/level=(warning|error) /g)?.length, malformed.length, log);
  },
);

testBetterThanGo("a log that nobody reads holds nothing up", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  // Each of them is a line in the log, and the FIFO holds 64 KiB.
  for (let index = 0; index < 1000; index++) {
    const connection = await connect(shim);
    await connection.write(hostileBytes[0][1]);
    await connection.read(new Uint8Array(1)).catch(() => null);
    connection.close();
  }
  await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id: "box" }));
  assertMatch(await shim.shutDown(), /^(time=".+" level=\w+ msg=.*\n)+/);
});

function connect({ address }: DirectShim): Promise<Deno.UnixConn> {
  return Deno.connect({ transport: "unix", path: address.replace("unix://", "") });
}
