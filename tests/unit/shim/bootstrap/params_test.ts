import { assertEquals, assertThrows } from "@std/assert";
import { Any, BootstrapLogLevel, BootstrapParams, RuncOptions } from "../../../../proto/mod.ts";
import { type Arguments, parseArguments } from "../../../../shim/bootstrap/arguments.ts";
import { decodeBootstrapParams, readBootstrap } from "../../../../shim/bootstrap/params.ts";

const IDENTITY = { id: "box", namespace: "n" };
const ARGS = parseArguments(["-namespace", "n", "-id", "box", "-debug=false", "start"]);
const OPTIONS: Any = {
  typeUrl: "containerd.runc.v1.Options",
  value: RuncOptions.encode({ binaryName: "box", root: "/n" }).finish(),
};

/** As containerd gives them, with some changes. */
function params(changes: BootstrapParams.Properties = {}): Uint8Array<ArrayBuffer> {
  return BootstrapParams.encode({
    instanceId: "box",
    namespace: "n",
    containerdVersion: "v2.3.4",
    containerdTtrpcAddress: "/c.sock.ttrpc",
    containerdGrpcAddress: "/c.sock",
    extensions: [{ value: OPTIONS }],
    socketDir: "/run/s",
    ...changes,
  }).finish();
}

/** Runs with some variables of the environment set, or not set. */
function withEnvironment(variables: Record<string, string | undefined>, run: () => void): void {
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) set(name, value);
  try {
    run();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

function test(name: string, run: () => void): void {
  const variables = { TTRPC_ADDRESS: "/env.ttrpc", GRPC_ADDRESS: undefined };
  Deno.test(`bootstrap: ${name}`, () => withEnvironment(variables, run));
}

test("BootstrapParams of this container are read whole", () => {
  const { extensions, ...rest } = decodeBootstrapParams(params(), IDENTITY)!;
  assertEquals(rest, {
    instanceId: "box",
    namespace: "n",
    logLevel: 0,
    containerdVersion: "v2.3.4",
    containerdTtrpcAddress: "/c.sock.ttrpc",
    containerdGrpcAddress: "/c.sock",
    containerdBinary: "",
    socketDir: "/run/s",
  });
  assertEquals(extensions.map(({ value }) => value!.typeUrl), [OPTIONS.typeUrl]);
});

test("what has no more than the identity is BootstrapParams, too", () => {
  const input = BootstrapParams.encode({ instanceId: "box", namespace: "n" }).finish();
  assertEquals(decodeBootstrapParams(input, IDENTITY)?.instanceId, "box");
});

test("runtime options, or nothing, are no BootstrapParams", () => {
  const texts = ["", "box", "n"].map((typeUrl) => Any.encode({ typeUrl }).finish());
  const binary = Any.encode({ typeUrl: "box", value: new Uint8Array([0xff, 0x6e]) }).finish();
  for (const input of [...texts, binary, Any.encode(OPTIONS).finish(), new Uint8Array()]) {
    assertEquals(decodeBootstrapParams(input, IDENTITY), undefined);
  }
});

test("BootstrapParams of another container are named", () => {
  for (
    const [changes, message] of [
      [{ instanceId: "other" }, "not of other in the namespace n"],
      [{ namespace: "" }, "not of box in the namespace "],
    ] as const
  ) {
    const message0 = "expected the BootstrapParams of box in the namespace n on standard input, ";
    const error = assertThrows(() => decodeBootstrapParams(params(changes), IDENTITY), Error);
    assertEquals(error.message, message0 + message);
  }
});

test("cut short anywhere they are never an unexpected error", () => {
  const input = params();
  for (let length = 0; length < input.length; length++) {
    try {
      readBootstrap(input.slice(0, length), ARGS);
    } catch (error) {
      assertEquals((error as Error).message.startsWith("expected "), true, String(error));
    }
  }
});

/** Of both ways to ask: what the server is told. */
function read(input: Uint8Array, changes: Partial<Arguments> = {}) {
  const { debug, eventsAddress, options, extensions } = readBootstrap(input, {
    ...ARGS,
    ...changes,
  });
  const types = extensions.map(({ typeUrl }) => typeUrl);
  return { debug, eventsAddress, options: options?.typeUrl, extensions: types };
}

test("an older containerd says it by flags, environment and an Any", () => {
  const eventsAddress = { protocol: "ttrpc" as const, path: "/env.ttrpc" };
  const rest = { eventsAddress, extensions: [] };
  const input = Any.encode(OPTIONS).finish();
  assertEquals(read(input), { ...rest, debug: false, options: OPTIONS.typeUrl });
  assertEquals(read(new Uint8Array(), { debug: true }), { ...rest, debug: true, options: "" });
});

test("BootstrapParams replace flags and environment", () => {
  const expected = {
    debug: false,
    eventsAddress: { protocol: "ttrpc" as const, path: "/c.sock.ttrpc" },
    options: undefined,
    extensions: [OPTIONS.typeUrl],
  };
  assertEquals(read(params(), { debug: true }), expected);
  assertEquals(read(params({ containerdTtrpcAddress: "unix:///c.sock.ttrpc" })), expected);
});

test("where BootstrapParams have no address the environment counts, then the flag, ttrpc first", () => {
  const none = params({ containerdTtrpcAddress: "", containerdGrpcAddress: "" });
  assertEquals(read(none).eventsAddress, { protocol: "ttrpc", path: "/env.ttrpc" });
  for (const ttrpc of ["", undefined]) {
    withEnvironment({ TTRPC_ADDRESS: ttrpc, GRPC_ADDRESS: undefined }, () => {
      assertEquals(read(none).eventsAddress, undefined);
      const byFlag = read(none, { address: "/flag" }).eventsAddress;
      assertEquals(byFlag, { protocol: "grpc", path: "/flag" });
      const byParams = read(params({ containerdTtrpcAddress: "" }), { address: "/flag" });
      assertEquals(byParams.eventsAddress, { protocol: "grpc", path: "/c.sock" });
    });
    withEnvironment({ TTRPC_ADDRESS: ttrpc, GRPC_ADDRESS: "unix:///env" }, () => {
      const byEnvironment = read(none, { address: "/flag" }).eventsAddress;
      assertEquals(byEnvironment, { protocol: "grpc", path: "/env" });
    });
  }
});

test("log levels from debug on, also those without a name, are debug", () => {
  const { LOG_LEVEL_DEBUG, LOG_LEVEL_PANIC } = BootstrapLogLevel;
  for (const logLevel of [LOG_LEVEL_DEBUG, -5, -8, -100]) {
    assertEquals(read(params({ logLevel })).debug, true, `${logLevel}`);
  }
  for (const logLevel of [LOG_LEVEL_DEBUG + 1, 0, 4, LOG_LEVEL_PANIC, 100]) {
    assertEquals(read(params({ logLevel })).debug, false, `${logLevel}`);
  }
});

test("an extension without a value is none", () => {
  assertEquals(read(params({ extensions: [{}, { value: OPTIONS }] })).extensions, [
    OPTIONS.typeUrl,
  ]);
});
