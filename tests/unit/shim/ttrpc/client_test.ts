import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { encodeFrame, FrameType } from "../../../../shim/ttrpc/frame.ts";
import { Client, StatusCode } from "../../../../shim/ttrpc/mod.ts";
import { runFixture } from "../../../harness/unit/fixture.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";
import {
  assertStatus,
  echo,
  MAX_DATA_LENGTH,
  response,
  SERVICE,
  test,
  withPeer,
  withServer,
} from "./connections.ts";

test("connecting to nobody fails with the system's reason", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "s");
    await assertRejects(() => Client.connect(path), Deno.errors.NotFound);
    // Under another name the socket's file stays when its listener is closed, as after a kill.
    const listener = Deno.listen({ transport: "unix", path: join(folder, "t") });
    await Deno.rename(join(folder, "t"), path);
    listener.close();
    await assertRejects(() => Client.connect(path), Deno.errors.ConnectionRefused);
  });
});

test("stream ids are odd and grow, and a call's fields are on the wire", async () => {
  await withPeer(async (client, peer) => {
    const metadata = new Map([["k", ["a", "b"]]]);
    const options = { timeoutMs: 1500.25, metadata };
    const calls = [
      client.call("a.Service", "Method", Uint8Array.of(1, 2), options),
      client.call("b.Service", "Other", new Uint8Array(), { timeoutMs: Infinity }),
    ];
    const first = await peer.request();
    const second = await peer.request();
    assertEquals([first.streamId, second.streamId], [1, 3]);
    assertEquals([first.request.service, first.request.method], ["a.Service", "Method"]);
    assertEquals(Array.from(first.request.payload), [1, 2]);
    assertEquals(Number(first.request.timeoutNano), 1_500_250_000);
    const pairs = first.request.metadata.map(({ key, value }) => [key, value]);
    assertEquals(pairs, [["k", "a"], ["k", "b"]]);
    assertEquals(Number(second.request.timeoutNano), 0);
    await peer.send(response(3, { payload: Uint8Array.of(9) }), response(1, {}));
    const [one, two] = await Promise.all(calls);
    assertEquals([Array.from(one), Array.from(two)], [[], [9]]);
  });
});

test("a lost connection fails every call, those to come at once", async () => {
  await withPeer(async (client, peer) => {
    const call = () => client.call(SERVICE, "Echo", new Uint8Array());
    const failures = [call(), call(), call()].map((each) =>
      assertStatus(each, StatusCode.UNAVAILABLE, "connection lost: the server closed it")
    );
    for (let count = 0; count < 3; count++) await peer.request();
    await (peer.conn as Deno.UnixConn).closeWrite();
    await Promise.all(failures);
    await client.closed;
    await assertStatus(call(), StatusCode.UNAVAILABLE, "connection lost: the server closed it");
  });
});

test("a connection lost within an answer says so", async () => {
  await withPeer(async (client, peer) => {
    const call = client.call(SERVICE, "Echo", new Uint8Array());
    const failure = assertStatus(call, StatusCode.UNAVAILABLE, "after 6 of 10 bytes of its header");
    await peer.request();
    await peer.send(response(1, {}).subarray(0, 6));
    await (peer.conn as Deno.UnixConn).closeWrite();
    await failure;
  });
});

test("an answer over 4 MiB fails its call, the connection goes on", async () => {
  await withPeer(async (client, peer) => {
    const call = () => client.call(SERVICE, "Echo", new Uint8Array());
    const message = `${SERVICE}/Echo: answer: frame with 4194305 bytes`;
    const big = assertStatus(call(), StatusCode.RESOURCE_EXHAUSTED, message);
    const length = MAX_DATA_LENGTH + 1;
    await peer.send(Uint8Array.of(0, 0x40, 0, 1, 0, 0, 0, 1, 2, 0), new Uint8Array(length));
    await big;
    const good = call();
    await peer.send(response(3, { payload: Uint8Array.of(1) }));
    assertEquals(Array.from(await good), [1]);
  });
});

test("answers that make no sense fail their call, the connection goes on", async () => {
  await withPeer(async (client, peer) => {
    const call = () => client.call(SERVICE, "Echo", new Uint8Array());
    const data = assertStatus(call(), StatusCode.INTERNAL, "expected a response (frame type 2)");
    const broken = assertStatus(call(), StatusCode.INTERNAL, "response can't be decoded");
    await peer.send(
      response(99, {}),
      encodeFrame(1, FrameType.DATA, new Uint8Array()),
      encodeFrame(3, FrameType.RESPONSE, Uint8Array.of(0x12, 0x7f)),
    );
    await Promise.all([data, broken]);
    const good = call();
    await peer.send(response(5, { status: { code: 0, message: "" }, payload: Uint8Array.of(1) }));
    assertEquals(Array.from(await good), [1]);
  });
});

test("a request over 4 MiB is refused before it is sent", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    const client = await Client.connect(path);
    const big = client.call(SERVICE, "Echo", new Uint8Array(MAX_DATA_LENGTH));
    await assertStatus(big, StatusCode.RESOURCE_EXHAUSTED, "at most 4194304 are allowed");
    assertEquals(await client.call(SERVICE, "Echo", Uint8Array.of(5)), Uint8Array.of(5));
    client.close();
    await client.closed;
  });
});

test("a client does not wait beyond its timeout, and ignores the late answer", async () => {
  await withPeer(async (client, peer) => {
    const call = (timeoutMs?: number) =>
      client.call(SERVICE, "Echo", new Uint8Array(), { timeoutMs });
    const message = `${SERVICE}/Echo: no answer within 20 ms`;
    await assertStatus(call(20), StatusCode.DEADLINE_EXCEEDED, message);
    await assertStatus(call(0), StatusCode.DEADLINE_EXCEEDED, "no answer within 0 ms");
    const next = call();
    assertEquals([(await peer.request()).streamId, (await peer.request()).streamId], [1, 3]);
    await peer.send(response(1, { payload: Uint8Array.of(1) }));
    await peer.send(response(3, { payload: Uint8Array.of(3) }));
    assertEquals(Array.from(await next), [3]);
  });
});

test("a timeout leaves nothing behind that would keep the process alive", async () => {
  await withFolder(async (folder) => {
    const program = import.meta.resolve("./fixtures/answered_call.ts");
    const { signal, stdout, stderr } = await runFixture(program, join(folder, "s"));
    assertEquals(signal, null, "still alive after 20 s");
    assertEquals(stdout, "done\n", stderr);
  });
});
