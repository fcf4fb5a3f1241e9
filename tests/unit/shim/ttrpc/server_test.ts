/** The server, as a client of any kind sees it. */

import "../../../harness/unit/opened_libc.ts";
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  Client,
  type Method,
  Server,
  StatusCode,
  StatusError,
} from "../../../../shim/ttrpc/mod.ts";
import { assertSameBytes } from "../../../harness/unit/descriptors.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";
import {
  assertStatus,
  concat,
  echo,
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

test("a request, byte by byte, gets its response, byte by byte", async () => {
  await withServer({ Say: (payload) => concat(payload, text.encode("!")) }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    // service "test.v1.Echo", method "Say", payload "hi"
    const data = "\x0a\x0ctest.v1.Echo\x12\x03Say\x1a\x02hi";
    const header = Uint8Array.of(0, 0, 0, data.length, 0, 0, 0, 7, 1, 0);
    for (const byte of concat(header, text.encode(data))) {
      await peer.conn.write(Uint8Array.of(byte));
    }
    const buffer = new Uint8Array(100);
    const count = await peer.conn.read(buffer);
    const expected = Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 7, 2, 0, 0x12, 3, ...text.encode("hi!"));
    assertEquals(buffer.subarray(0, count ?? 0), expected);
  });
});

test("two requests in one write get two answers", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(
      request(1, { method: "Echo", payload: text.encode("one") }),
      request(3, { method: "Echo", payload: text.encode("two") }),
    );
    assertEquals([await peer.answer(), await peer.answer()], ["1 0 one", "3 0 two"]);
  });
});

test("200 calls at once are answered out of order, each with its own answer", async () => {
  const waiting: (() => void)[] = [];
  const order: string[] = [];
  const methods = {
    async Turn(payload: Uint8Array) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      // When all are there, the last one is let go first.
      if (waiting.length === 200) queueMicrotask(() => waiting.reverse().forEach((go) => go()));
      await promise;
      return payload;
    },
  };
  await withServer(methods, async ({ path }) => {
    const client = await Client.connect(path);
    const names = Array.from({ length: 200 }, (_, index) => `call ${index}`);
    const calls = names.map(async (name) => {
      const answer = untext.decode(await client.call(SERVICE, "Turn", text.encode(name)));
      order.push(answer);
      return answer;
    });
    assertEquals(await Promise.all(calls), names);
    assertEquals(order, names.toReversed());
    client.close();
    await client.closed;
  });
});

test("many connections are served side by side", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method, Echo: echo }, async ({ path }) => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.connect(path)));
    const held = clients[0].call(SERVICE, "Hold", text.encode("held"));
    await entered;
    await Promise.all(clients.map((client) => client.call(SERVICE, "Echo", new Uint8Array(9))));
    open();
    assertEquals(untext.decode(await held), "held");
    for (const client of clients) client.close();
    await Promise.all(clients.map(({ closed }) => closed));
  });
});

test("3.9 MiB go both ways, several at once", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    const client = await Client.connect(path);
    const payloads = [1, 2, 3, 4].map((seed) => pattern(Math.floor(3.9 * 1024 * 1024), seed));
    const call = (payload: Uint8Array) => client.call(SERVICE, "Echo", payload);
    const answers = await Promise.all(payloads.map(call));
    answers.forEach((answer, index) => assertSameBytes(answer, payloads[index]));
    client.close();
    await client.closed;
  });
});

test("an answer over 4 MiB becomes an error, and the connection goes on", async () => {
  const methods = { Big: () => new Uint8Array(MAX_DATA_LENGTH), Echo: echo };
  await withServer(methods, async ({ path, warnings }) => {
    const client = await Client.connect(path);
    const big = client.call(SERVICE, "Big", new Uint8Array());
    await assertStatus(big, StatusCode.RESOURCE_EXHAUSTED, "4194309 bytes");
    assertEquals(await client.call(SERVICE, "Echo", Uint8Array.of(5)), Uint8Array.of(5));
    assertEquals(warnings(), []);
    client.close();
    await client.closed;
  });
});

test("a deadline is answered when it passes, and the late answer is dropped", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method, Echo: echo }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(request(1, { method: "Hold", timeoutNano: 20e6 }));
    const call = await entered;
    assertEquals(await peer.answer(), "1 4 the call's deadline passed");
    // Asked for only now, the signal has aborted already.
    assertInstanceOf(call.signal.reason, StatusError);
    open();
    await peer.send(request(3, { method: "Echo", payload: text.encode("next") }));
    assertEquals(await peer.answer(), "3 0 next");
  });
});

test("a deadline not reached changes nothing", async () => {
  let signal: AbortSignal | undefined;
  const methods: Record<string, Method> = {
    Echo(payload, call) {
      signal = call.signal;
      return payload;
    },
  };
  await withServer(methods, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(request(1, { method: "Echo", timeoutNano: 20e6, payload: text.encode("a") }));
    assertEquals(await peer.answer(), "1 0 a");
    // Longer than the deadline and what it may be late.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(signal?.aborted, false);
    // A second answer to the first call would come before this one.
    await peer.send(request(3, { method: "Echo", payload: text.encode("b") }));
    assertEquals(await peer.answer(), "3 0 b");
  });
});

test("a deadline of more than a timer holds is none, one in the past has passed", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method }, async ({ path }) => {
    using peer = await RawPeer.connect(path);
    await peer.send(request(1, { method: "Hold", timeoutNano: 2 ** 31 * 1e6 }));
    await entered;
    await peer.send(request(3, { method: "Hold", timeoutNano: -5e6 }));
    assertEquals(await peer.answer(), "3 4 the call's deadline passed");
    open();
    assertEquals(await peer.answer(), "1 0 ");
  });
});

test("a client that goes while its call runs: the call ends in peace", async () => {
  const { method, entered, open } = gate();
  const finished = Promise.withResolvers<void>();
  const methods: Record<string, Method> = {
    async Hold(payload, call) {
      const answer = await method(payload, call);
      finished.resolve();
      return answer;
    },
    Echo: echo,
  };
  await withServer(methods, async ({ path, logs }) => {
    const client = await Client.connect(path);
    const held = client.call(SERVICE, "Hold", new Uint8Array());
    const { signal } = await entered;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    client.close();
    await assertStatus(held, StatusCode.UNAVAILABLE, "connection lost: this client closed it");
    await Promise.all([aborted, client.closed]);
    open();
    await finished.promise;
    const other = await Client.connect(path);
    await other.call(SERVICE, "Echo", new Uint8Array());
    other.close();
    await other.closed;
    assertEquals(logs, []);
  });
});

test("a client that goes without reading its answers is nothing to warn of", async () => {
  const methods = { Echo: echo, Big: () => new Uint8Array(2 << 20) };
  await withServer(methods, async ({ path, server, logs, warnings }) => {
    {
      // The rest of an answer is left unread: the server's next read fails with a reset.
      using peer = await RawPeer.connect(path);
      await peer.send(request(1, { method: "Echo", payload: new Uint8Array(100) }));
      await peer.conn.read(new Uint8Array(50));
    }
    {
      // An answer that the socket has no room for: the server's write fails.
      using peer = await RawPeer.connect(path);
      await peer.send(request(1, { method: "Big" }));
      await peer.conn.read(new Uint8Array(50));
    }
    await server.close();
    assertEquals(logs.length, 2);
    assertEquals(warnings(), []);
  });
});

test("a lack of file descriptors is waited out", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "s");
    const listener = Deno.listen({ transport: "unix", path });
    const accept = listener.accept.bind(listener);
    let lacks = 2;
    listener.accept = () => {
      if (lacks-- <= 0) return accept();
      return Promise.reject(Object.assign(new Error("Too many open files"), { code: "EMFILE" }));
    };
    const server = new Server(new Map([[SERVICE, { Echo: echo }]]));
    const served = server.serve(listener);
    const client = await Client.connect(path);
    assertEquals(await client.call(SERVICE, "Echo", Uint8Array.of(1)), Uint8Array.of(1));
    await server.close();
    await Promise.all([served, client.closed]);
  });
});

test("another failure of the listener ends serve with it", async () => {
  await withFolder(async (folder) => {
    const listener = Deno.listen({ transport: "unix", path: join(folder, "s") });
    const server = new Server(new Map());
    const served = server.serve(listener);
    listener.close();
    await assertRejects(() => served, Deno.errors.BadResource);
    await server.close();
  });
});

// The end of the server

test("close lets the calls that run be answered, and takes no others", async () => {
  const { method, entered, open } = gate();
  await withServer({ Hold: method, Echo: echo }, async ({ path, server, served }) => {
    const busy = await RawPeer.connect(path);
    const idle = await Client.connect(path);
    await idle.call(SERVICE, "Echo", new Uint8Array());
    await busy.send(request(1, { method: "Hold", payload: text.encode("the last word") }));
    await entered;
    let closed = false;
    const closing = server.close().then(() => closed = true);

    await idle.closed;
    // Deno removes the socket's file with the listener.
    await assertRejects(() => Client.connect(path), Deno.errors.NotFound);
    await busy.send(request(3, { method: "Echo" }));
    assertEquals(await busy.answer(), "3 14 the server is shutting down");
    assertEquals(closed, false);
    open();
    assertEquals(await busy.answer(), "1 0 the last word");
    assertEquals(await busy.answer(), null);
    await Promise.all([closing, served]);
    busy.conn.close();
  });
});

test("a method may close the server, and its answer goes out first", async () => {
  const servers: Server[] = [];
  const payload = pattern(3 << 20, 1);
  const methods: Record<string, Method> = {
    Shutdown() {
      servers[0].close();
      return payload;
    },
  };
  await withServer(methods, async ({ path, server, served }) => {
    servers.push(server);
    const client = await Client.connect(path);
    const answer = client.call(SERVICE, "Shutdown", new Uint8Array());
    await served;
    assertSameBytes(await answer, payload);
    await client.closed;
  });
});

test("abort ends a close that waits for a call without end", async () => {
  const { method, entered } = gate();
  await withServer({ Hold: method }, async ({ path, server, served }) => {
    const client = await Client.connect(path);
    const held = assertStatus(
      client.call(SERVICE, "Hold", new Uint8Array()),
      StatusCode.UNAVAILABLE,
      "connection lost: the server closed it",
    );
    await entered;
    const closing = server.close();
    server.abort();
    await Promise.all([closing, served, held, client.closed]);
  });
});
