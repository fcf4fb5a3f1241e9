import { assertEquals, assertThrows } from "@std/assert";
import { Any, BootstrapParams, BootstrapResult, RuncOptions } from "../../../../proto/mod.ts";
import { encodeResult, readStartParams } from "../../../../shim/bootstrap/start_params.ts";

const IDENTITY = { id: "böx", namespace: "n" };
const OPTIONS: Any = {
  typeUrl: "containerd.runc.v1.Options",
  value: RuncOptions.encode({ binaryName: "x".repeat(300) }).finish(),
};
const PARAMS = {
  instanceId: "böx",
  namespace: "n",
  logLevel: -4,
  containerdVersion: "v2.3.4",
  containerdTtrpcAddress: "/c.sock.ttrpc",
  containerdGrpcAddress: "/c.sock",
  containerdBinary: "/containerd",
  extensions: [{ value: OPTIONS }, { value: OPTIONS }],
  socketDir: "/run/s",
};

const encode = (changes: BootstrapParams.Properties = {}) =>
  BootstrapParams.encode({ ...PARAMS, ...changes }).finish();

Deno.test("start params: what protobuf's library has encoded", () => {
  assertEquals(readStartParams(encode(), IDENTITY), {
    instanceId: "böx",
    namespace: "n",
    containerdVersion: "v2.3.4",
    containerdGrpcAddress: "/c.sock",
    socketDir: "/run/s",
  });
});

Deno.test("start params: a field of every type that a later containerd may add is left out", () => {
  const unknown = [0x80, 0x02, 0xff, 0x01, 0x89, 0x02, ...Array(8).fill(1)]
    .concat([0x95, 0x02, ...Array(4).fill(1), 0x9a, 0x02, 2, 0xff, 0xfe]);
  const input = Uint8Array.from([...unknown, ...encode(), ...unknown]);
  assertEquals(readStartParams(input, IDENTITY), readStartParams(encode(), IDENTITY));
});

Deno.test("start params: runtime options, nothing, and what is cut short are none", () => {
  const inputs = [new Uint8Array(), Uint8Array.of(0xff), Any.encode(OPTIONS).finish()];
  const isWhole = (length: number) => {
    try {
      BootstrapParams.decode(encode().subarray(0, length));
      return true;
    } catch {
      return false;
    }
  };
  const cut = Array.from({ length: encode().length }, (_, length) => length)
    .filter((length) => !isWhole(length)).map((length) => encode().subarray(0, length));
  assertEquals(cut.length > 100, true);
  for (const input of [...inputs, ...cut]) {
    assertEquals(readStartParams(input, IDENTITY), undefined, `${input.length} bytes`);
  }
});

Deno.test("start params: those of another container are an error", () => {
  for (const changes of [{ instanceId: "other" }, { namespace: "other" }]) {
    assertThrows(() => readStartParams(encode(changes), IDENTITY), Error, "expected the");
  }
});

Deno.test("start params: the answer is what protobuf's library encodes", () => {
  for (const address of ["unix:///run/containerd/s/x", "ü".repeat(200)]) {
    for (const version of [2, 3, 300]) {
      const result = { version, address, protocol: "ttrpc" };
      assertEquals(
        encodeResult(result),
        Uint8Array.from(BootstrapResult.encode(result).finish()),
      );
    }
  }
});
