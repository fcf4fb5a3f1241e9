/** What clients do wrong: the server answers it, or not, and nobody else notices. */

import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertLess } from "@std/assert";
import { encodeFrame, FrameType } from "../../../../shim/ttrpc/frame.ts";
import { Client, type Method } from "../../../../shim/ttrpc/mod.ts";
import {
  echo,
  type Fixture,
  gate,
  MAX_DATA_LENGTH,
  pattern,
  RawPeer,
  request,
  SERVICE,
  test,
  text,
  untext,
  withServer,
} from "./connections.ts";

/** Runs a client that misbehaves and asserts that another one's calls don't notice. */
function withBystander(
  run: (peer: RawPeer, fixture: Fixture) => Promise<void>,
): Promise<void> {
  const { method, entered, open } = gate();
  return withServer({ Hold: method, Echo: echo }, async (fixture) => {
    const bystander = await Client.connect(fixture.path);
    const held = bystander.call(SERVICE, "Hold", text.encode("held"));
    // Where the test fails before it awaits this, its own failure is the one to report.
    held.catch(() => {});
    await entered;
    using peer = await RawPeer.connect(fixture.path);
    await run(peer, fixture);
    assertEquals(await bystander.call(SERVICE, "Echo", Uint8Array.of(1)), Uint8Array.of(1));
    open();
    assertEquals(untext.decode(await held), "held");
    bystander.close();
    await bystander.closed;
  });
}

test("garbage gets no answer and disturbs nobody, and the log has a reason", async () => {
  await withBystander(async (peer, { warnings }) => {
    await peer.send(text.encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await (peer.conn as Deno.UnixConn).closeWrite();
    assertEquals(await peer.answer(), null);
    // "GET " is the length.
    assertEquals(warnings(), [
      "ttrpc: connection ended: connection ended within a frame, " +
      "after 25 of 1195725856 bytes of its data",
    ]);
  });
});

test("a frame over 4 MiB costs one call, answered so, and the connection goes on", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method, Echo: echo }, async ({ path, logs }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(request(1, { method: "Hold", payload: text.encode("held") }));
    await entered;
    const length = MAX_DATA_LENGTH + 1;
    const header = Uint8Array.of(0, 0x40, 0, 1, 0, 0, 0, 3, 1, 0);
    await peer.send(header, new Uint8Array(length));
    const message = "frame with 4194305 bytes of data: at most 4194304 are allowed";
    assertEquals(await peer.answer(), `3 8 ${message}`);
    assertEquals(logs.map(({ level, message }) => `${level} ${message}`), [
      `warn ttrpc: ${message}`,
    ]);
    await peer.send(request(5, { method: "Echo", payload: text.encode("on") }));
    assertEquals(await peer.answer(), "5 0 on");
    open();
    assertEquals(await peer.answer(), "1 0 held");
  });
});

test("an even stream id is refused, with a logged reason, and the connection goes on", async () => {
  await withBystander(async (peer, { logs }) => {
    for (const id of [0, 2]) {
      await peer.send(request(id, { method: "Echo" }));
      const message = `stream id ${id}: a client's are odd`;
      assertEquals(await peer.answer(), `${id} 3 ${message}`);
      assertEquals(logs.pop()?.message, `ttrpc: ${message}`);
    }
    await peer.send(request(1, { method: "Echo", payload: text.encode("on") }));
    assertEquals(await peer.answer(), "1 0 on");
  });
});

test("a client that stops within a frame is told in the log, and may go on", async () => {
  await withServer({ Echo: echo }, async ({ path, warned }) => {
    using silent = await RawPeer.connect(path);
    using inHeader = await RawPeer.connect(path);
    using inData = await RawPeer.connect(path);
    using garbage = await RawPeer.connect(path);
    // Between frames a client may be silent.
    await silent.send(request(1, { method: "Echo" }));
    assertEquals(await silent.answer(), "1 0 ");
    const frame = request(1, { method: "Echo", payload: text.encode("late") });
    await inHeader.send(frame.subarray(0, 4));
    await inData.send(frame.subarray(0, 12));
    await garbage.send(text.encode("GET / HTTP/1.1\r\n\r\n"));
    assertEquals((await warned(3)).toSorted(), [
      `ttrpc: client stopped within a frame, after 2 of ${frame.length - 10} bytes of its data`,
      "ttrpc: client stopped within a frame, after 4 of 10 bytes of its header",
      "ttrpc: client stopped within a frame, after 8 of 1195725856 bytes of its data",
    ]);
    await inHeader.send(frame.subarray(4));
    await inData.send(frame.subarray(12));
    assertEquals([await inHeader.answer(), await inData.answer()], ["1 0 late", "1 0 late"]);
    assertEquals((await warned(3)).length, 3);
  });
});

test("20,000 frames of garbage and of mutations disturb nobody, and leave no call behind", async () => {
  const random = pattern(400_000, 10);
  let at = 0;
  const next = (below: number) =>
    (random[at++ % random.length] << 8 | random[at++ % random.length]) % below;
  const mutated = (id: number) => {
    const frame = request(id, { method: "Echo", payload: new Uint8Array(next(200)) });
    if (next(20) === 0) return frame.map(() => next(256));
    // Not the upper bytes of the length: the rest of a connection would be the data of one frame.
    for (let count = next(4); count > 0; count--) frame[2 + next(frame.length - 2)] = next(256);
    return frame;
  };
  await withBystander(async (_peer, { path, server }) => {
    const bystander = await Client.connect(path);
    let answered = 0;
    for (let round = 0; round < 200; round++) {
      using peer = await RawPeer.connect(path);
      const answers = (async () => {
        for (;;) {
          const count = await peer.conn.read(new Uint8Array(65536));
          if (count === null) return;
          answered += count;
        }
      })();
      await peer.send(...Array.from({ length: 100 }, (_, index) => mutated(2 * index + 1)));
      await (peer.conn as Deno.UnixConn).closeWrite();
      await answers;
      assertEquals(await bystander.call(SERVICE, "Echo", Uint8Array.of(1)), Uint8Array.of(1));
    }
    bystander.close();
    await bystander.closed;
    assertLess(100_000, answered);
    // That of the other bystander.
    assertEquals(server.calls.length, 1);
  });
});

/** Sends requests for Echo with large payloads, of which it reads no answer, until all are written. */
function flood(peer: RawPeer, count: number, payload: Uint8Array): Promise<void> {
  const requests = Array.from(
    { length: count },
    (_, index) => request(2 * index + 1, { method: "Echo", payload }),
  );
  return peer.send(...requests);
}

test("who does not read answers is not read, nobody else is held up, nothing is lost", async () => {
  const payload = new Uint8Array(64 * 1024);
  let calls = 0;
  const methods: Record<string, Method> = {
    Echo: (payload) => {
      if (payload.length > 0) calls++;
      return payload;
    },
  };
  await withServer(methods, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    const flooded = flood(peer, 1000, payload);
    const bystander = await Client.connect(path);
    for (let count = 0; count < 500; count++) {
      await bystander.call(SERVICE, "Echo", new Uint8Array());
    }
    // What waits in memory, and what two sockets hold.
    assertLess(calls * payload.length, 3 << 20);
    for (let id = 1; id < 2000; id += 2) {
      assertEquals((await peer.answer())?.length, `${id} 0 `.length + payload.length);
    }
    await flooded;
    assertEquals(calls, 1000);
    bystander.close();
    await bystander.closed;
  });
});

test("calls that run, however many, don't keep others of their connection from being read", async () => {
  const { method, open } = gate();
  await withServer({ Wait: method, Echo: echo }, async ({ path }) => {
    const client = await Client.connect(path);
    const payload = new Uint8Array(1000);
    const waits = Array.from({ length: 5000 }, () => client.call(SERVICE, "Wait", payload));
    assertEquals(await client.call(SERVICE, "Echo", Uint8Array.of(1)), Uint8Array.of(1));
    open();
    await Promise.all(waits);
    client.close();
    await client.closed;
  });
});

for (const [how, end] of [["goes", "client"], ["is aborted", "server"]] as const) {
  test(`a client that does not read its answers and ${how} leaves nothing behind`, async () => {
    await withServer({ Echo: echo }, async ({ path, server, warnings }) => {
      const peer = await RawPeer.connect(path);
      const flooded = flood(peer, 1000, new Uint8Array(64 * 1024)).catch(() => "not all");
      const bystander = await Client.connect(path);
      for (let count = 0; count < 100; count++) {
        await bystander.call(SERVICE, "Echo", new Uint8Array());
      }
      const closing = server.close();
      if (end === "client") peer.conn.close();
      else server.abort();
      await closing;
      assertEquals(await flooded, "not all");
      if (end === "server") peer.conn.close();
      await bystander.closed;
      assertEquals(warnings(), []);
    });
  });
}

test("half a frame and then the end: a logged reason, no answer", async () => {
  await withBystander(async (peer, { warnings }) => {
    const frame = request(1, { method: "Echo" });
    await peer.send(frame.subarray(0, frame.length - 1));
    await (peer.conn as Deno.UnixConn).closeWrite();
    assertEquals(await peer.answer(), null);
    const length = frame.length - 10;
    assertEquals(warnings(), [
      "ttrpc: connection ended: connection ended within a frame, " +
      `after ${length - 1} of ${length} bytes of its data`,
    ]);
  });
});

test("a request that can't be decoded is answered so, and the connection goes on", async () => {
  await withBystander(async (peer, { warnings }) => {
    // A string that says it is longer than what is there.
    await peer.send(encodeFrame(1, FrameType.REQUEST, Uint8Array.of(0x0a, 0x7f, 0x41)));
    const answer = await peer.answer();
    assertEquals(answer?.startsWith("1 3 request can't be decoded: "), true, `${answer}`);
    assertEquals(warnings().length, 1);
    await peer.send(request(3, { method: "Echo", payload: text.encode("on") }));
    assertEquals(await peer.answer(), "3 0 on");
  });
});

test("a stream id that does not grow is refused, and the connection goes on", async () => {
  await withBystander(async (peer) => {
    await peer.send(request(5, { method: "Echo" }), request(5, { method: "Echo" }));
    await peer.send(request(3, { method: "Echo" }), request(7, { method: "Echo" }));
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await peer.answer());
    assertEquals(answers.toSorted(), [
      "3 3 stream id 3 does not grow: the last one was 5",
      "5 0 ",
      "5 3 stream id 5 does not grow: the last one was 5",
      "7 0 ",
    ]);
  });
});

test("frames of unknown types are ignored, stream data is refused", async () => {
  await withBystander(async (peer, { warnings }) => {
    await peer.send(
      encodeFrame(1, 9, text.encode("of the future")),
      encodeFrame(1, FrameType.RESPONSE, new Uint8Array()),
      encodeFrame(1, FrameType.DATA, new Uint8Array()),
      request(1, { method: "Echo", payload: text.encode("on") }),
    );
    assertEquals(await peer.answer(), "1 3 only unary calls are served");
    assertEquals(await peer.answer(), "1 0 on");
    assertEquals(warnings(), []);
  });
});

test("stream data for a call that runs ends it, as one stream has one answer", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method, Echo: echo }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(request(1, { method: "Hold" }));
    await entered;
    await peer.send(encodeFrame(1, FrameType.DATA, new Uint8Array()));
    assertEquals(await peer.answer(), "1 3 only unary calls are served");
    open();
    await peer.send(request(3, { method: "Echo" }));
    assertEquals(await peer.answer(), "3 0 ");
  });
});

test("a request's stream flags don't matter to a unary method", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    for (const [id, flags] of [[1, 1], [3, 2]]) {
      const frame = request(id, { method: "Echo", payload: text.encode("on") });
      frame[9] = flags;
      await peer.send(frame);
      assertEquals(await peer.answer(), `${id} 0 on`);
    }
  });
});
