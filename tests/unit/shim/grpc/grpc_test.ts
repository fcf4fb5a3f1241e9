import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type * as http2 from "node:http2";
import { Client, Server } from "../../../../shim/grpc/mod.ts";
import { type Call, type Method, StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import { eventually } from "../../../harness/expect/eventually.ts";
import { within } from "../../../harness/expect/within.ts";
import { openDescriptors } from "../../../harness/unit/descriptors.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

// What Node's modules keep for themselves, once loaded.
const { connect, createServer } = await import("node:http2");

/** A test of both sides: a server on the socket with methods of the service `s`, and a client. */
function test(
  name: string,
  methods: Record<string, Method>,
  run: (peers: { client: Client; server: Server; path: string }) => Promise<void>,
): void {
  testAlone(name, async (path) => {
    const server = new Server(new Map([["s", methods]]));
    await server.listen(path);
    const client = await Client.connect(path, { "containerd-namespace": "n" });
    await run({ client, server, path });
    client.close();
    await server.close();
  });
}

/** A test that leaves no socket. */
function testAlone(name: string, run: (path: string) => Promise<void>): void {
  Deno.test(`gRPC: ${name}`, () =>
    withFolder(async (folder) => {
      await within(60, "an end of the calls", run(join(folder, "s")));
      await eventually("an end of its sockets", () => openSockets() <= before || undefined);
    }));
}

function openSockets(): number {
  return openDescriptors().filter((each) => each.includes(" socket:")).length;
}

const before = openSockets();

const none = new Uint8Array();
const echo: Method = (payload) => payload;

/** The code and the message with which a call fails. */
async function failure(call: Promise<Uint8Array>): Promise<[number, string]> {
  const { code, message } = await assertRejects(() => call, StatusError);
  return [code, message];
}

test(
  "a call has its payload and the headers of its connection, and gets the answer",
  {
    m: (payload, { metadata }) =>
      new TextEncoder().encode(`${metadata.get("containerd-namespace")} ${payload.join()}`),
  },
  async ({ client }) => {
    const calls = [[], [1], [1, 2]].map((bytes) => client.call("s", "m", new Uint8Array(bytes)));
    const texts = (await Promise.all(calls)).map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(texts, ["n ", "n 1", "n 1,2"]);
  },
);

test("calls are answered when they are done, not in their order", {
  m: async (payload, { signal }) => {
    if (payload.length > 0) return payload;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return payload;
  },
}, async ({ client }) => {
  const first = client.call("s", "m", none, { timeoutMs: 200 });
  assertEquals(await client.call("s", "m", new Uint8Array([1])), new Uint8Array([1]));
  assertEquals((await failure(first))[0], StatusCode.DEADLINE_EXCEEDED);
});

test("four MiB go there and come back whole", { m: echo }, async ({ client }) => {
  const bytes = new Uint8Array(new Uint32Array(1 << 20).map((_, index) => index).buffer);
  const answer = await client.call("s", "m", bytes);
  assertEquals(answer.length, bytes.length);
  assertEquals(answer.every((byte, index) => byte === bytes[index]), true);
});

test(
  "more than four MiB are refused, and the connection stays",
  { m: echo },
  async ({ client }) => {
    const [code, message] = await failure(client.call("s", "m", new Uint8Array((4 << 20) + 1)));
    assertEquals(code, StatusCode.RESOURCE_EXHAUSTED);
    assertStringIncludes(message, "4194305");
    assertEquals((await client.call("s", "m", none)).length, 0);
  },
);

const messages = ["not found", "100 % gönnt\nnobody …", "", "%zz %41", "a\u{1f980}b"];
test("an error has the code and the message of what was thrown", {
  m: ([index]) => {
    throw new StatusError(StatusCode.NOT_FOUND, messages[index]);
  },
  other: () => {
    throw new TypeError("no");
  },
}, async ({ client }) => {
  for (const [index, message] of messages.entries()) {
    const call = client.call("s", "m", new Uint8Array([index]));
    assertEquals(await failure(call), [StatusCode.NOT_FOUND, message]);
  }
  assertEquals(await failure(client.call("s", "other", none)), [StatusCode.UNKNOWN, "no"]);
});

test("what is not served is unimplemented", { m: echo }, async ({ client }) => {
  for (const [service, method] of [["s", "x"], ["x", "m"], ["s", "toString"], ["", ""]]) {
    assertEquals(await failure(client.call(service, method, none)), [
      StatusCode.UNIMPLEMENTED,
      `The server does not implement the method /${service}/${method}`,
    ]);
  }
});

const called = Promise.withResolvers<void>();
const abandoned = Promise.withResolvers<Call>();
test("a method is told when its client has gone", {
  m: async (payload, call) => {
    called.resolve();
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    abandoned.resolve(call);
    return payload;
  },
}, async ({ path }) => {
  const { connect: connectSocket } = await import("node:net");
  const session = connect("http://localhost", { createConnection: () => connectSocket({ path }) });
  session.request({ ":method": "POST", ":path": "/s/m", ...type }).on("error", () => {})
    .end(new Uint8Array(5));
  await called.promise;
  session.destroy();
  const { signal, deadline } = await abandoned.promise;
  assertEquals([signal.aborted, deadline.aborted], [true, false]);
});

const started = Promise.withResolvers<void>();
const goOn = Promise.withResolvers<void>();
test("a server that is closed answers the calls that run, and takes no more", {
  m: async (payload) => {
    started.resolve();
    await goOn.promise;
    return payload;
  },
}, async ({ client, server, path }) => {
  const running = client.call("s", "m", new Uint8Array([7]));
  await started.promise;
  const closed = server.close();
  const other = await Client.connect(path);
  assertEquals((await failure(other.call("s", "m", none)))[0], StatusCode.UNAVAILABLE);
  other.close();
  goOn.resolve();
  assertEquals(await running, new Uint8Array([7]));
  await closed;
  assertEquals((await failure(client.call("s", "m", none)))[0], StatusCode.UNAVAILABLE);
});

const hanging = Promise.withResolvers<void>();
test("a server that is aborted waits for nobody", {
  m: () => {
    hanging.resolve();
    return new Promise(() => {});
  },
}, async ({ client, server }) => {
  const running = client.call("s", "m", none);
  await hanging.promise;
  const closed = server.close();
  server.abort();
  assertEquals((await failure(running))[0], StatusCode.UNAVAILABLE);
  await closed;
});

test(
  "a client that does not speak HTTP/2 harms nobody else",
  { m: echo },
  async ({ client, path }) => {
    for (const text of ["", "GET / HTTP/1.1\r\n\r\n", "\0".repeat(100)]) {
      const connection = await Deno.connect({ transport: "unix", path });
      await connection.write(new TextEncoder().encode(text));
      connection.close();
    }
    assertEquals((await client.call("s", "m", none)).length, 0);
  },
);

/** Sends a request as no client of gRPC does, and answers its status. */
async function statusOf(
  path: string,
  headers: http2.OutgoingHttpHeaders,
  ...pieces: number[][]
): Promise<string> {
  const { connect: connectSocket } = await import("node:net");
  const session = connect("http://localhost", { createConnection: () => connectSocket({ path }) });
  const stream = session.request({ ":method": "POST", ":path": "/s/m", ...headers });
  for (const piece of pieces) stream.write(new Uint8Array(piece));
  stream.end();
  const answer = await new Promise<http2.IncomingHttpHeaders>((resolve) => {
    stream.on("response", (response) => {
      stream.resume();
      stream.on("end", () => resolve(response));
    });
    stream.on("trailers", resolve);
  });
  session.close();
  return `${answer["grpc-status"]} ${decodeURIComponent(`${answer["grpc-message"] ?? ""}`)}`;
}

const type = { "content-type": "application/grpc+proto" };
test("a message may come in any pieces", { m: echo }, async ({ path }) => {
  assertEquals(await statusOf(path, type, [0], [0, 0, 0, 2, 1], [2]), "0 OK");
});

test("a request that is none is refused", { m: echo }, async ({ path }) => {
  assertEquals(
    await statusOf(path, type),
    "12 Received no request message for server streaming method /s/m",
  );
  const cut = await statusOf(path, type, [0, 0, 0, 0, 3, 1, 2]);
  assertEquals(cut, "12 Received no request message for server streaming method /s/m");
  const two = await statusOf(path, type, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]);
  assertEquals(two, "12 Received a second request message for server streaming method /s/m");
  const json = await statusOf(path, { "content-type": "application/json" }, [0, 0, 0, 0, 0]);
  assertEquals(json, "undefined ");
});

const late = Promise.withResolvers<Call>();
test("a call ends with its deadline", {
  m: (_, call) => {
    late.resolve(call);
    return new Promise(() => {});
  },
}, async ({ path }) => {
  for (const timeout of ["50m", "50000u", "1n"]) {
    const status = await statusOf(path, { ...type, "grpc-timeout": timeout }, [0, 0, 0, 0, 0]);
    assertEquals(status, "4 Deadline exceeded");
  }
  const { signal, deadline } = await late.promise;
  assertEquals([signal.aborted, deadline.aborted], [true, true]);
});

testAlone("where nobody listens there is no connection", async (path) => {
  const client = await Client.connect(path);
  const [code, message] = await failure(client.call("s", "m", none));
  assertEquals(code, StatusCode.UNAVAILABLE);
  assertStringIncludes(message, "ENOENT");
  client.close();
});

testAlone("a server that can't listen says why", async (path) => {
  const server = new Server(new Map());
  await assertRejects(() => server.listen(join(path, "nowhere")), Error);
  await server.close();
});

/** How a call of a server fails that does not speak gRPC. */
async function failureAt(path: string, onStream: (stream: http2.ServerHttp2Stream) => void) {
  const server = createServer().on("stream", onStream);
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  const client = await Client.connect(path);
  const told = await failure(client.call("s", "m", none));
  client.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return told;
}

testAlone("an answer that is no gRPC is told", async (path) => {
  const [code, message] = await failureAt(path, (stream) => {
    stream.respond({ ":status": 404 });
    stream.end();
  });
  assertEquals(code, StatusCode.UNIMPLEMENTED);
  assertStringIncludes(message, "404");
});

// The numbers are those of HTTP/2: NO_ERROR, INTERNAL_ERROR, CANCEL.
for (const reset of [0, 2, 8]) {
  testAlone(`a server that ends a call by ${reset} without a status is away`, async (path) => {
    const [code] = await failureAt(path, (stream) => stream.on("error", () => {}).close(reset));
    assertEquals(code, StatusCode.UNAVAILABLE);
  });
}
