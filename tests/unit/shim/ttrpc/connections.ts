/** What the tests of ttrpc share: a server with methods, and a peer that sends and reads frames as it likes. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Request, Response } from "../../../../proto/mod.ts";
import { encodeFrame, FrameReader, FrameType } from "../../../../shim/ttrpc/frame.ts";
import { type Call, Client, type Method, Server } from "../../../../shim/ttrpc/mod.ts";
import { expectStatus } from "../../../harness/expect/expect_status.ts";
import { within } from "../../../harness/expect/within.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** The service of the tests. */
export const SERVICE = "test.v1.Echo";
/** As ttrpc has it, see its README. */
export const MAX_DATA_LENGTH = 4 << 20;
export const text = new TextEncoder();
export const untext = new TextDecoder();

/** Deno 2.9 looks for leaks only where it is told to. */
export function test(name: string, run: () => Promise<void> | void): void {
  Deno.test({ name: `ttrpc: ${name}`, fn: run, sanitizeOps: true, sanitizeResources: true });
}

interface Log {
  level: "warn" | "debug";
  message: string;
  error: string;
}

/** A server while a test runs. */
export interface Fixture {
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
export function withServer(
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
      while (warnings().length < count) await within(60, "a warning", logged.promise);
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
export function withPeer(run: (client: Client, peer: RawPeer) => Promise<void>): Promise<void> {
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
export class RawPeer implements Disposable {
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

/** The bytes of all parts, one after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A request's frame. */
export function request(streamId: number, fields: Request.Properties): Uint8Array {
  const data = Request.encode({ service: SERVICE, ...fields }).finish();
  return encodeFrame(streamId, FrameType.REQUEST, data);
}

/** An answer's frame. */
export function response(streamId: number, fields: Response.Properties): Uint8Array {
  return encodeFrame(streamId, FrameType.RESPONSE, Response.encode(fields).finish());
}

/** That a call fails with this code, and with an error that has this message in it. */
export async function assertStatus(
  call: Promise<unknown>,
  code: number,
  message: string,
): Promise<void> {
  assertStringIncludes(await expectStatus(code, call), message);
}

/** A method that answers when it is let go, and tells when it was called. */
export function gate() {
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
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[index] = state >> 16;
  }
  return bytes;
}

/** A method that answers what it was sent. */
export const echo: Method = (payload) => payload;
