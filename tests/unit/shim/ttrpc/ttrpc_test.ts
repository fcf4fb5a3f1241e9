import "../../../harness/unit/opened_libc.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { Request, Response } from "../../../../proto/mod.ts";
import {
  encodeFrame,
  FrameReader,
  FrameType,
  FrameWriter,
  OversizedFrameError,
} from "../../../../shim/ttrpc/frame.ts";
import {
  type Call,
  Client,
  type Method,
  Server,
  StatusCode,
  StatusError,
} from "../../../../shim/ttrpc/mod.ts";
import { within } from "../../../harness/expect/within.ts";
import { REPOSITORY } from "../../../harness/machine/repository.ts";

const SERVICE = "test.v1.Echo";
/** As ttrpc has it, see its README. */
const MAX_DATA_LENGTH = 4 << 20;
const text = new TextEncoder();
const untext = new TextDecoder();

/** Deno 2.9 looks for leaks only where it is told to. */
function test(name: string, run: () => Promise<void> | void): void {
  Deno.test({ name: `ttrpc: ${name}`, fn: run, sanitizeOps: true, sanitizeResources: true });
}

/** A folder for one test's sockets. */
async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ttrpc-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Log {
  level: "warn" | "debug";
  message: string;
  error: string;
}

interface Fixture {
  readonly path: string;
  readonly server: Server;
  /** Settles when `serve` does. */
  readonly served: Promise<void>;
  readonly logs: Log[];
  /** The warnings so far, each as one text. */
  warnings(): string[];
  /** The messages of all warnings, as soon as there are so many. */
  warned(count: number): Promise<string[]>;
}

/** Serves methods on a socket of its own while the test runs. */
function withServer(
  methods: Record<string, Method>,
  run: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, "s");
    const logs: Log[] = [];
    const log = (level: Log["level"]) => (message: string, fields?: Record<string, unknown>) => {
      logs.push({ level, message, error: String(fields?.error) });
      logged.resolve();
      logged = Promise.withResolvers();
    };
    let logged = Promise.withResolvers<void>();
    const logger = { warn: log("warn"), debug: log("debug") };
    const server = new Server(new Map([[SERVICE, methods]]), logger);
    const served = server.serve(Deno.listen({ transport: "unix", path }));
    const warnings = () =>
      logs.filter(({ level }) => level === "warn").map((log) => `${log.message}: ${log.error}`);
    const warned = async (count: number) => {
      while (warnings().length < count) await within(20, "a warning", logged.promise);
      return logs.filter(({ level }) => level === "warn").map(({ message }) => message);
    };
    try {
      await run({ path, server, served, logs, warnings, warned });
    } finally {
      server.abort();
      await server.close();
      await served;
    }
  });
}

/** Listens with a plain socket, to be a server of whatever kind to one client. */
function withPeer(run: (client: Client, peer: RawPeer) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, "s");
    using listener = Deno.listen({ transport: "unix", path });
    const client = await Client.connect(path);
    using peer = new RawPeer(await listener.accept());
    try {
      await run(client, peer);
    } finally {
      client.close();
      await client.closed;
    }
  });
}

/** One end of a connection, without the code under test around it but for reading frames. */
class RawPeer implements Disposable {
  readonly conn: Deno.Conn;
  readonly #reader: FrameReader;

  constructor(conn: Deno.Conn) {
    this.conn = conn;
    this.#reader = new FrameReader(conn);
  }

  static async connect(path: string): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ transport: "unix", path }));
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    const bytes = concat(...parts);
    for (let at = 0; at < bytes.length;) at += await this.conn.write(bytes.subarray(at));
  }

  /** The next answer as `<stream id> <code> <message or payload>`, null at the end of the connection. */
  async answer(): Promise<string | null> {
    const frame = await this.#reader.read();
    if (!frame) return null;
    assertEquals(frame.type, FrameType.RESPONSE);
    const { status, payload } = Response.decode(frame.data);
    return `${frame.streamId} ${status?.code ?? 0} ${status?.message ?? untext.decode(payload)}`;
  }

  /** The next request and its stream id. */
  async request(): Promise<{ streamId: number; request: Request }> {
    const frame = await this.#reader.read();
    if (!frame) throw new Error("expected a request, got the end of the connection");
    assertEquals([frame.type, frame.flags], [FrameType.REQUEST, 0]);
    return { streamId: frame.streamId, request: Request.decode(frame.data) };
  }

  [Symbol.dispose](): void {
    this.conn.close();
  }
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function request(streamId: number, fields: Request.Properties): Uint8Array {
  const data = Request.encode({ service: SERVICE, ...fields }).finish();
  return encodeFrame(streamId, FrameType.REQUEST, data);
}

function response(streamId: number, fields: Response.Properties): Uint8Array {
  return encodeFrame(streamId, FrameType.RESPONSE, Response.encode(fields).finish());
}

async function assertStatus(call: Promise<unknown>, code: number, message: string): Promise<void> {
  const error = await assertRejects(() => call, StatusError, message);
  assertEquals(error.code, code, error.message);
}

/** A method that answers when it is let go, and tells when it was called. */
function gate() {
  const entered = Promise.withResolvers<Call>();
  const opened = Promise.withResolvers<void>();
  const method: Method = async (payload, call) => {
    entered.resolve(call);
    await opened.promise;
    return payload;
  };
  return { method, entered: entered.promise, open: opened.resolve };
}

/** Random-looking bytes, the same each time. */
function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[index] = state >> 16;
  }
  return bytes;
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const differs = actual.findIndex((byte, index) => byte !== expected[index]);
  assertEquals(differs, -1, `first difference at byte ${differs}`);
}

const echo: Method = (payload) => payload;

// Frames

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

// The server, as a client of any kind sees it

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

test("an unknown service or method is unimplemented, and named", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    const client = await Client.connect(path);
    const call = (service: string, method: string) =>
      client.call(service, method, new Uint8Array());
    await assertStatus(call("no.Such", "Echo"), StatusCode.UNIMPLEMENTED, "no.Such");
    await assertStatus(call(SERVICE, "Shout"), StatusCode.UNIMPLEMENTED, `Shout`);
    // What every object inherits is not a method.
    await assertStatus(call(SERVICE, "toString"), StatusCode.UNIMPLEMENTED, "toString");
    await assertStatus(call(SERVICE, "__proto__"), StatusCode.UNIMPLEMENTED, "__proto__");
    client.close();
    await client.closed;
  });
});

test("what a method throws is its status", async () => {
  const methods: Record<string, Method> = {
    Status: () => Promise.reject(new StatusError(StatusCode.NOT_FOUND, "no task x")),
    Error: () => Promise.reject(new TypeError("that went wrong")),
    Now: () => {
      throw new StatusError(StatusCode.FAILED_PRECONDITION, "not now");
    },
    Text: () => Promise.reject("just text"),
  };
  await withServer(methods, async ({ path }) => {
    const client = await Client.connect(path);
    const call = (method: string) => client.call(SERVICE, method, new Uint8Array());
    await assertStatus(call("Status"), StatusCode.NOT_FOUND, "no task x");
    await assertStatus(call("Error"), StatusCode.UNKNOWN, "that went wrong");
    await assertStatus(call("Now"), StatusCode.FAILED_PRECONDITION, "not now");
    await assertStatus(call("Text"), StatusCode.UNKNOWN, "just text");
    client.close();
    await client.closed;
  });
});

test("metadata reaches the method, keys with one value and with several", async () => {
  const seen: Record<string, readonly string[]>[] = [];
  const methods: Record<string, Method> = {
    Look(payload, { metadata }) {
      seen.push(Object.fromEntries(metadata));
      return payload;
    },
  };
  await withServer(methods, async ({ path }) => {
    const client = await Client.connect(path);
    const metadata = new Map([["containerd-namespace-ttrpc", ["k8s.io"]], ["k", ["a", "b"]]]);
    await client.call(SERVICE, "Look", new Uint8Array(), { metadata });
    await client.call(SERVICE, "Look", new Uint8Array());
    assertEquals(seen, [{ "containerd-namespace-ttrpc": ["k8s.io"], k: ["a", "b"] }, {}]);
    client.close();
    await client.closed;
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

// What clients do wrong

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

// The client

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

test("a code unknown to us arrives as it is", async () => {
  await withPeer(async (client, peer) => {
    const call = assertStatus(client.call(SERVICE, "Echo", new Uint8Array()), 7, "keep out");
    await peer.send(response(1, { status: { code: 7, message: "keep out" } }));
    await call;
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
    const script = join(folder, "main.ts");
    await Deno.writeTextFile(
      script,
      `
      import { Client, Server } from "${join(REPOSITORY, "shim/ttrpc/mod.ts")}";
      const server = new Server(new Map([["S", { Echo: (payload) => payload }]]));
      server.serve(Deno.listen({ transport: "unix", path: "${join(folder, "s")}" }));
      const client = await Client.connect("${join(folder, "s")}");
      await client.call("S", "Echo", new Uint8Array(), { timeoutMs: 60_000 });
      await server.close();
      await client.closed;
      console.log("done");
      `,
    );
    const { stdout, stderr, signal } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", "--config", join(REPOSITORY, "deno.json"), script],
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals(signal, null, "still alive after 20 s");
    assertEquals(untext.decode(stdout), "done\n", untext.decode(stderr));
  });
});
