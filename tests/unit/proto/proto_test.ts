import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import {
  BootstrapLogLevel,
  BootstrapParams,
  BootstrapResult,
  CheckpointOptions,
  CreateTaskRequest,
  DeleteResponse,
  Empty,
  Envelope,
  ForwardRequest,
  KeyValue,
  type MessageType,
  Mount,
  PidsResponse,
  Request,
  Response,
  RuncOptions,
  StateResponse,
  TaskExit,
  TaskStatus,
  Timestamp,
  UpdateTaskRequest,
} from "../../../proto/mod.ts";
import { FOLDERS, generate } from "../../../tools/proto.ts";
import { fixtureAnswer } from "../../harness/unit/fixture.ts";
import { withFolder } from "../../harness/unit/temporary_folder.ts";

const PROTO = fromFileUrl(new URL("../../../proto/", import.meta.url));

/** The bytes of a text in hexadecimal, blanks left out. */
function bytes(hexadecimal: string): Uint8Array {
  return Uint8Array.fromHex(hexadecimal.replaceAll(/\s/g, ""));
}

/** That the properties are encoded as these bytes, and come out of them as they were. */
function assertWire<Message, Properties extends object>(
  type: MessageType<Message, Properties>,
  properties: Properties,
  hexadecimal: string,
): void {
  const expected = bytes(hexadecimal);
  assertEquals(type.encode(properties).finish().toHex(), expected.toHex());
  assertFields(type.decode(expected), properties);
}

/** That a message has these values; for its other fields nothing is said. */
function assertFields(actual: unknown, expected: unknown): void {
  if (typeof expected !== "object" || expected === null || expected instanceof Uint8Array) {
    return assertEquals(actual, expected);
  }
  if (Array.isArray(expected)) assertEquals((actual as unknown[]).length, expected.length);
  for (const [name, value] of Object.entries(expected)) {
    assertFields((actual as Record<string, unknown>)[name], value);
  }
}

const TASK_EXIT = {
  containerId: "c1",
  id: "e1",
  pid: 4711,
  exitStatus: 137,
  exitedAt: { seconds: 1_700_000_000, nanos: 1 },
};
const TASK_EXIT_HEX = `
  0a 02 6331
  12 02 6531
  18 e724
  20 8901
  2a 08 08 80e2cfaa06 10 01`;

Deno.test("a ttrpc request is the bytes that protobuf's specification gives", () => {
  assertWire(
    Request,
    {
      service: "a.B",
      method: "C",
      payload: bytes("01ff"),
      timeoutNano: 5_000_000_000,
      metadata: [{ key: "k", value: "v" }, { key: "k", value: "w" }],
    },
    `0a 03 612e42
     12 01 43
     1a 02 01ff
     20 80e497d012
     2a 06 0a 01 6b 12 01 76
     2a 06 0a 01 6b 12 01 77`,
  );
});

Deno.test("nested messages: an exit event with its time", () => {
  assertWire(TaskExit, TASK_EXIT, TASK_EXIT_HEX);
});

Deno.test("maps: one entry is a message of key and value", () => {
  assertWire(
    UpdateTaskRequest,
    { id: "x", annotations: { a: "b", c: "" } },
    `0a 01 78
     1a 06 0a 01 61 12 01 62
     1a 05 0a 01 63 12 00`,
  );
});

Deno.test("repeated enums are packed, and taken unpacked too", () => {
  const result = { version: 3, address: "u", protocol: "ttrpc", capabilities: [0, 1, 300] };
  assertWire(
    BootstrapResult,
    result,
    `08 03
     12 01 75
     1a 05 7474727063
     22 04 00 01 ac02`,
  );
  const { capabilities } = BootstrapResult.decode(bytes("20 00 20 01 20 ac02"));
  assertEquals<number[]>(capabilities, [0, 1, 300]);
});

Deno.test("enums may be negative, and may have values without a name", () => {
  assertWire(BootstrapParams, { logLevel: -4 }, "18 fcffffffffffffffff01");
  assertEquals(BootstrapLogLevel.LOG_LEVEL_DEBUG, -4);
  assertEquals(BootstrapParams.decode(bytes("18 07")).logLevel as number, 7);
});

Deno.test("an optional string is null or what came, be it empty", () => {
  assertStrictEquals(BootstrapParams.decode(new Uint8Array()).socketDir, null);
  assertWire(BootstrapParams, { socketDir: "" }, "4a 00");
});

Deno.test("high field numbers: runc's options", () => {
  assertWire(
    RuncOptions,
    { noPivotRoot: true, ioGid: 1000, binaryName: "crun", systemdCgroup: true, taskApiVersion: 3 },
    `08 01
     28 e807
     32 04 6372756e
     48 01
     68 03`,
  );
  assertWire(
    CheckpointOptions,
    { exit: true, emptyNamespaces: ["network", "ipc"], parentPath: "p" },
    `08 01
     32 07 6e6574776f726b
     32 03 697063
     52 01 70`,
  );
});

Deno.test("messages in messages in messages come back as they went", () => {
  const value = TaskExit.encode(TASK_EXIT).finish();
  const envelope: Envelope.Properties = {
    timestamp: { seconds: 1, nanos: 999_999_999 },
    namespace: "k8s.io",
    topic: "/tasks/exit",
    event: { typeUrl: "containerd.events.TaskExit", value },
  };
  const decoded = ForwardRequest.decode(ForwardRequest.encode({ envelope }).finish());
  assertFields(decoded, { envelope });
  assertFields(TaskExit.decode(decoded.envelope!.event!.value), TASK_EXIT);

  const create: CreateTaskRequest.Properties = {
    id: "c1",
    bundle: "/run/b",
    rootfs: [
      { type: "overlay", source: "overlay", options: ["lowerdir=/a:/b", "index=off"] },
      { type: "bind", source: "/etc/hosts", target: "/etc/hosts", options: [] },
    ],
    terminal: true,
    stdout: "file:///log",
    options: { typeUrl: "containerd.runc.v1.Options", value: bytes("0801") },
  };
  assertFields(CreateTaskRequest.decode(CreateTaskRequest.encode(create).finish()), create);

  const pids = { processes: [{ pid: 1 }, { pid: 2, info: { typeUrl: "t", value: bytes("00") } }] };
  assertFields(PidsResponse.decode(PidsResponse.encode(pids).finish()), pids);

  const failure = { status: { code: 5, message: "no", details: [{ typeUrl: "t" }] } };
  assertFields(Response.decode(Response.encode(failure).finish()), failure);
});

Deno.test("a decoded message can be encoded again", () => {
  const decoded = TaskExit.decode(bytes(TASK_EXIT_HEX));
  assertEquals(TaskExit.encode(decoded).finish(), bytes(TASK_EXIT_HEX));
});

Deno.test("fields that did not come have proto3's defaults, messages are null", () => {
  const state = StateResponse.decode(new Uint8Array());
  assertStrictEquals(state.id, "");
  assertStrictEquals(state.pid, 0);
  assertStrictEquals(state.status, TaskStatus.UNKNOWN);
  assertStrictEquals(state.terminal, false);
  assertStrictEquals(state.exitedAt, null);
  assertEquals(CreateTaskRequest.decode(new Uint8Array()).rootfs, []);
  assertEquals(UpdateTaskRequest.decode(new Uint8Array()).annotations, {});
  assertEquals(Request.decode(new Uint8Array()).payload, new Uint8Array());
  assertStrictEquals(Request.decode(new Uint8Array()).timeoutNano, 0);
});

Deno.test("decoded messages are plain objects, their fields all properties of their own", () => {
  const exit = TaskExit.decode(bytes("18 e724 2a 02 10 01"));
  const fields = { containerId: "", id: "", pid: 4711, exitStatus: 0 };
  assertStrictEquals(Object.getPrototypeOf(exit), Object.prototype);
  assertEquals<unknown>({ ...exit }, { ...fields, exitedAt: { seconds: 0, nanos: 1 } });
  assertEquals(
    JSON.stringify(RuncOptions.decode(new Uint8Array())),
    '{"noPivotRoot":false,"noNewKeyring":false,"shimCgroup":"","ioUid":0,"ioGid":0,' +
      '"binaryName":"","root":"","systemdCgroup":false,"criuImagePath":"","criuWorkPath":"",' +
      '"taskApiAddress":"","taskApiVersion":0}',
  );
});

Deno.test("decoded messages share neither arrays nor maps", () => {
  const empty = new Uint8Array();
  CreateTaskRequest.decode(empty).rootfs.push(Mount.decode(empty));
  UpdateTaskRequest.decode(empty).annotations.a = "b";
  assertEquals(CreateTaskRequest.decode(empty).rootfs, []);
  assertEquals(UpdateTaskRequest.decode(empty).annotations, {});
});

Deno.test("a map's key may be __proto__", () => {
  const { annotations } = UpdateTaskRequest.decode(
    bytes("1a 0e 0a 09 5f5f70726f746f5f5f 12 01 78"),
  );
  assertEquals(Object.entries(annotations), [["__proto__", "x"]]);
  assertStrictEquals(Object.getPrototypeOf(annotations), Object.prototype);
});

Deno.test("of a field that comes twice the last one counts; messages are merged", () => {
  assertStrictEquals(TaskExit.decode(bytes("18 01 18 02")).pid, 2);
  assertStrictEquals(TaskExit.decode(bytes("18 01 18 00")).pid, 0);
  const { exitedAt } = TaskExit.decode(bytes("2a 02 08 05 2a 02 10 07"));
  assertEquals(exitedAt, { seconds: 5, nanos: 7 });
});

Deno.test("a known field of another wire type is an unknown field", () => {
  const { containerId, pid } = TaskExit.decode(bytes("08 05 1a 01 63 0a 02 6331"));
  assertEquals([containerId, pid], ["c1", 0]);
});

Deno.test("groups are unknown fields too, but not endlessly nested ones", () => {
  const key = bytes("0a 01 6b");
  const groups = (depth: number) =>
    new Uint8Array([...Array(depth).fill(0x23), ...Array(depth).fill(0x24), ...key]);
  assertEquals(KeyValue.decode(groups(50)), { key: "k", value: "" });
  assertThrows(() => KeyValue.decode(groups(100_000)), Error, "max depth exceeded");
  assertThrows(() => KeyValue.decode(bytes("24")), Error);
  assertThrows(() => KeyValue.decode(bytes("23 2c")), Error);
  assertThrows(() => KeyValue.decode(bytes("02 00")), Error);
});

Deno.test("defaults, null and undefined take no bytes", () => {
  const state = { id: "", pid: 0, status: TaskStatus.UNKNOWN, terminal: false, exitedAt: null };
  assertEquals(StateResponse.encode(state).finish().length, 0);
  assertEquals(StateResponse.encode({ id: undefined, exitedAt: undefined }).finish().length, 0);
  assertEquals(Empty.encode({}).finish().length, 0);
});

Deno.test("an empty nested message is there nevertheless", () => {
  assertWire(DeleteResponse, { exitedAt: { seconds: 0, nanos: 0 } }, "1a 00");
  assertStrictEquals(DeleteResponse.decode(bytes("1a 00")).exitedAt?.seconds, 0);
});

Deno.test("64-bit integers are exact up to 2^53, negative ones too", () => {
  assertWire(Timestamp, { seconds: 2 ** 32 }, "08 8080808010");
  assertWire(Timestamp, { seconds: 2 ** 32 + 1 }, "08 8180808010");
  assertWire(Timestamp, { seconds: Number.MAX_SAFE_INTEGER }, "08 ffffffffffffff0f");
  assertWire(Timestamp, { seconds: -1 }, "08 ffffffffffffffffff01");
  assertWire(Timestamp, { seconds: -(2 ** 32) }, "08 80808080f0ffffffff01");
  assertWire(Timestamp, { seconds: Number.MIN_SAFE_INTEGER }, "08 81808080808080f0ff01");
});

Deno.test("64-bit integers may be encoded from bigints, which are exact throughout", () => {
  const hexadecimal = (seconds: bigint) => Timestamp.encode({ seconds }).finish().toHex();
  assertEquals(hexadecimal(2n ** 63n - 1n), "08ffffffffffffffff7f");
  assertEquals(hexadecimal(-(2n ** 63n)), "0880808080808080808001");
  assertEquals(hexadecimal(-1n), "08ffffffffffffffffff01");
  assertEquals(hexadecimal(2n ** 53n + 1n), "088180808080808010");
  assertEquals(hexadecimal(2n ** 32n), "088080808010");
  assertEquals(hexadecimal(1n), "0801");
  assertEquals(hexadecimal(0n), "");
});

Deno.test("32-bit integers: all of uint32, negative int32", () => {
  assertWire(TaskExit, { pid: 2 ** 32 - 1 }, "18 ffffffff0f");
  assertWire(Response, { status: { code: -2 } }, "0a 0b 08 feffffffffffffffff01");
});

Deno.test("strings are UTF-8, short and long", () => {
  const text = "Zoë 日本 😀";
  const utf8 = "5a6fc3ab 20 e697a5e69cac 20 f09f9880";
  assertWire(KeyValue, { key: text }, `0a 10 ${utf8}`);
  assertWire(KeyValue, { key: text.repeat(10) }, `0a a001 ${utf8.repeat(10)}`);
  assertThrows(() => KeyValue.decode(bytes("0a 02 c328")), Error);
});

Deno.test("unknown fields of every kind are skipped, at the top and nested", () => {
  const unknown = `
    a006 ffffffffffffffffff01
    a106 0102030405060708
    a206 03 0a0161
    a306 08 01 a406
    a506 01020304`;
  const key = "0a 01 6b";
  const value = "12 01 76";
  assertFields(KeyValue.decode(bytes(unknown + key + unknown + value + unknown)), {
    key: "k",
    value: "v",
  });
  const length = bytes(unknown).length + bytes(key).length;
  const nested = `2a ${length.toString(16).padStart(2, "0")} ${unknown} ${key}`;
  assertFields(Request.decode(bytes(`${nested} 12 01 43`)), {
    method: "C",
    metadata: [{ key: "k", value: "" }],
  });
});

Deno.test("bytes cut short are an error wherever they are cut within a field", () => {
  const whole = bytes(TASK_EXIT_HEX);
  const betweenFields = [0, 4, 8, 11, 14];
  for (let length = 0; length < whole.length; length++) {
    if (betweenFields.includes(length)) TaskExit.decode(whole.subarray(0, length));
    else assertThrows(() => TaskExit.decode(whole.subarray(0, length)), Error);
  }
});

Deno.test("a nested message can't reach beyond its length", () => {
  assertThrows(() => TaskExit.decode(bytes("2a 02 08 80 01 18 01")), Error);
});

Deno.test("encoded bytes are a plain Uint8Array, decoded ones a view of the input", () => {
  const encoded = Request.encode({ payload: bytes("0102") }).finish();
  assertStrictEquals(Object.getPrototypeOf(encoded), Uint8Array.prototype);
  const { payload } = Request.decode(encoded);
  assertStrictEquals(Object.getPrototypeOf(payload), Uint8Array.prototype);
  encoded[encoded.length - 1] = 9;
  assertEquals(payload, bytes("0109"));
});

const ALL_KINDS = `
syntax = "proto3";
package test;

enum Color { NONE = 0; RED = 1; BLUE = -1; }

message Inner { uint64 number = 1; }

message Kinds {
  uint64 count = 1;
  double share = 2;
  bool flag = 3;
  Color color = 4;
  repeated uint64 counts = 5;
  repeated int64 offsets = 6;
  repeated double shares = 7;
  repeated bool flags = 8;
  repeated Color colors = 9;
  repeated int32 signed = 10;
  repeated uint32 unsigned = 11;
  repeated bytes chunks = 12;
  repeated Inner inners = 13;
  optional uint64 maybe_count = 14;
  optional bool maybe_flag = 15;
  optional bytes maybe_bytes = 16;
  optional Inner maybe_inner = 17;
}`;

Deno.test("the generator provides for kinds of fields that no message here has yet", async (t) => {
  const { Kinds } = await importGenerated(ALL_KINDS) as Record<string, Kind>;

  await t.step("uint64 and bigints", () => {
    const encode = (count: unknown) => Kinds.encode({ count }).finish().toHex();
    assertEquals(encode(18446744073709551615n), "08ffffffffffffffffff01");
    assertEquals(encode(2n ** 63n), "0880808080808080808001");
    assertEquals(encode(2 ** 53), "088080808080808010");
    assertEquals(Kinds.decode(bytes("08 ffffffffffffffffff01")).count, 2 ** 64);
    assertWire(
      Kinds,
      { inners: [{ number: 1 }, { number: 300 }] },
      "6a 02 08 01 6a 03 08 ac02",
    );
  });

  await t.step("double", () => {
    assertWire(Kinds, { share: 0.5 }, "11 000000000000e03f");
    assertWire(Kinds, { share: -0 }, "11 0000000000000080");
    assertWire(Kinds, { share: NaN }, "11 000000000000f87f");
    assertWire(Kinds, { share: -Infinity }, "11 000000000000f0ff");
    assertEquals(Kinds.encode({ share: 0 }).finish().length, 0);
  });

  await t.step("repeated: written packed, read packed, unpacked, and mixed", () => {
    const cases: [properties: object, packed: string, unpacked: string][] = [
      [{ counts: [0, 2 ** 40] }, "2a 07 00 808080808020", "28 00 28 808080808020"],
      [{ offsets: [-1, 1] }, "32 0b ffffffffffffffffff01 01", "30 ffffffffffffffffff01 30 01"],
      [{ shares: [0.5] }, "3a 08 000000000000e03f", "39 000000000000e03f"],
      [{ flags: [true, false] }, "42 02 01 00", "40 01 40 00"],
      [{ colors: [1, -1] }, "4a 0b 01 ffffffffffffffffff01", "48 01 48 ffffffffffffffffff01"],
      [{ signed: [-2, 3] }, "52 0b feffffffffffffffff01 03", "50 feffffffffffffffff01 50 03"],
      [{ unsigned: [2 ** 32 - 1, 0] }, "5a 06 ffffffff0f 00", "58 ffffffff0f 58 00"],
    ];
    for (const [properties, packed, unpacked] of cases) {
      assertWire(Kinds, properties, packed);
      assertFields(Kinds.decode(bytes(unpacked)), properties);
      const [[name, values]] = Object.entries(properties);
      assertFields(Kinds.decode(bytes(packed + unpacked)), { [name]: [...values, ...values] });
      assertThrows(() => Kinds.decode(bytes(packed).slice(0, -1)), Error);
    }
    const biggest = { counts: [18446744073709551615n, 1] };
    assertEquals(Kinds.encode(biggest).finish().toHex(), "2a0bffffffffffffffffff0101");
    assertWire(Kinds, { chunks: [bytes("01"), bytes("")] }, "62 01 01 62 00");
  });

  await t.step("optional: the default is written, null is not", () => {
    const nothing = { maybeCount: null, maybeFlag: null, maybeBytes: null, maybeInner: null };
    assertWire(Kinds, nothing, "");
    const defaults = { maybeCount: 0, maybeFlag: false, maybeBytes: bytes(""), maybeInner: {} };
    assertWire(Kinds, defaults, "70 00 78 00 8201 00 8a01 00");
  });
});

Deno.test("the generator refuses what it does not provide for", async () => {
  const cases = [
    ["message A { A a = 1; }", "recursion"],
    ["message A { repeated B b = 1; } message B { A a = 1; }", "recursion"],
    ["message A { oneof x { string a = 1; } }", "oneof"],
    ["message A { map<string, uint32> a = 1; }", "map<string, uint32>"],
    ["message A { message B {} }", "declarations in a message"],
    ["message A { fixed32 a = 1; }", "fixed32"],
    ["message A { repeated uint32 a = 1 [packed = false]; }", "A.a: packed false"],
    ["enum A { option allow_alias = true; A0 = 0; A1 = 0; }", "A: options"],
  ];
  for (const [source, named] of cases) {
    await assertRejects(() => generateFrom(`syntax = "proto3"; ${source}`), Error, named);
  }
  const old = generateFrom(
    'syntax = "proto2"; message A { optional string a = 1 [default = "b"]; }',
  );
  await assertRejects(() => old, Error, 'A: edition "proto2" is not provided for');
});

Deno.test("the generator says what it misses", () =>
  withFolder(async (folder) => {
    const none = `expected .proto files in ${folder}, found none`;
    await assertRejects(() => generate(folder), Error, none);
    await Deno.writeTextFile(
      join(folder, "a.proto"),
      'syntax = "proto3"; package a.v1; message A {}',
    );
    assertStringIncludes(await generate(folder, ["a.v1.A", "a.v1"]), "export interface A");
    const missing = "a.v1.B: expected its declaration, found none; see NAMES and PREFIXES";
    await assertRejects(() => generate(folder, ["a.v1.A", "a.v1.B"]), Error, missing);
  }));

Deno.test("generated.ts is what the generator makes of the .proto files", async () => {
  assertEquals(await Deno.readTextFile(join(PROTO, "generated.ts")), await generate());
  for (const [name, renamed] of Object.entries(FOLDERS)) {
    const folder = join(PROTO, name);
    const text = await Deno.readTextFile(join(folder, "generated.ts"));
    assertEquals(text, await generate(folder, renamed, PROTO));
  }
});

Deno.test("a bundle has the messages that are used, and not those that are not", async () => {
  const size = async (program: string) => {
    const options = ["--quiet", "--platform", "browser", "--config", "deno.json"];
    return (await run("bundle", ...options, fromFileUrl(import.meta.resolve(program)))).length;
  };
  const [none, two, all] = await Promise.all([
    size("./fixtures/helper_bundled.ts"),
    size("./fixtures/two_bundled.ts"),
    size("./fixtures/all_bundled.ts"),
  ]);
  assertLess(two - none, 2000);
  assertLess(all - none, 44_000);
  assertGreater(all - two, 10_000);
});

Deno.test("bundled and loaded, it touches neither process nor Buffer, and leaves the globals alone", () =>
  withFolder(async (folder) => {
    const bundle = join(folder, "bundle.js");
    await run("bundle", "--quiet", "--platform", "browser", "--output", bundle, "proto/mod.ts");
    const watcher = import.meta.resolve("./fixtures/global_watcher.ts");
    const expected = { seconds: -1, same: true, untouched: true, back: "Buffer,process" };
    assertEquals(await fixtureAnswer(watcher, bundle), expected);
  }));

/** A type of message whose fields are not known here. */
type Kind = MessageType<Record<string, unknown>, object>;

/** The code that is generated from the text of a .proto file. */
async function generateFrom(source: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "test.proto"), source);
    return await generate(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The module that is generated from the text of a .proto file. */
async function importGenerated(source: string): Promise<unknown> {
  const code = (await generateFrom(source)).replace("./protobuf.ts", `${PROTO}protobuf.ts`);
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    return await import(`file://${file}`);
  } finally {
    await Deno.remove(file);
  }
}

/** Runs Deno in the repository's folder and gives its output. */
async function run(...args: string[]): Promise<string> {
  const cwd = new URL("../../..", import.meta.url);
  const output = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  const decoder = new TextDecoder();
  assert(output.success, decoder.decode(output.stderr));
  return decoder.decode(output.stdout);
}
