import { assertEquals, assertThrows } from "@std/assert";
import { Any, BootstrapLogLevel, BootstrapParams, RuncOptions } from "../../proto/mod.ts";
import { type Arguments, parseArguments } from "../../shim/arguments.ts";
import { decodeBootstrapParams, readBootstrap } from "../../shim/bootstrap.ts";

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

/** Runs with a TTRPC_ADDRESS in the environment, or none. */
function withTtrpcAddress(address: string | undefined, run: () => void): void {
  const before = Deno.env.get("TTRPC_ADDRESS");
  const set = (value: string | undefined) =>
    value === undefined ? Deno.env.delete("TTRPC_ADDRESS") : Deno.env.set("TTRPC_ADDRESS", value);
  set(address);
  try {
    run();
  } finally {
    set(before);
  }
}

function test(name: string, run: () => void): void {
  Deno.test(`bootstrap: ${name}`, () => withTtrpcAddress("/env.ttrpc", run));
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
  const { debug, ttrpcAddress, options, extensions } = readBootstrap(input, {
    ...ARGS,
    ...changes,
  });
  const types = extensions.map(({ typeUrl }) => typeUrl);
  return { debug, ttrpcAddress, options: options?.typeUrl, extensions: types };
}

test("an older containerd says it by flags, environment and an Any", () => {
  const rest = { ttrpcAddress: "/env.ttrpc", extensions: [] };
  const input = Any.encode(OPTIONS).finish();
  assertEquals(read(input), { ...rest, debug: false, options: OPTIONS.typeUrl });
  assertEquals(read(new Uint8Array(), { debug: true }), { ...rest, debug: true, options: "" });
});

test("BootstrapParams replace flags and environment", () => {
  const expected = {
    debug: false,
    ttrpcAddress: "/c.sock.ttrpc",
    options: undefined,
    extensions: [OPTIONS.typeUrl],
  };
  assertEquals(read(params(), { debug: true }), expected);
  assertEquals(read(params({ containerdTtrpcAddress: "unix:///c.sock.ttrpc" })), expected);
});

test("the environment counts where BootstrapParams have no address", () => {
  const input = params({ containerdTtrpcAddress: "" });
  assertEquals(read(input).ttrpcAddress, "/env.ttrpc");
  for (const none of ["", undefined]) {
    withTtrpcAddress(none, () => assertEquals(read(input).ttrpcAddress, undefined));
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
