import { assertEquals, assertThrows } from "@std/assert";
import { RuncOptions } from "../../proto/mod.ts";
import { decodeOptions } from "../../runc/options.ts";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";

const TYPE = "containerd.runc.v1.Options";

const DEFAULTS = {
  noPivotRoot: false,
  noNewKeyring: false,
  shimCgroup: "",
  ioUid: 0,
  ioGid: 0,
  binaryName: "",
  root: "",
  systemdCgroup: false,
};

/** What is checked of options here. */
function pick(options: RuncOptions): typeof DEFAULTS {
  const { noPivotRoot, noNewKeyring, shimCgroup, ioUid, ioGid, binaryName, root, systemdCgroup } =
    options;
  return { noPivotRoot, noNewKeyring, shimCgroup, ioUid, ioGid, binaryName, root, systemdCgroup };
}

Deno.test("options: none are the defaults", () => {
  for (const any of [undefined, null, {}, { typeUrl: "" }, { typeUrl: TYPE }]) {
    assertEquals(pick(decodeOptions(any)), DEFAULTS);
  }
});

Deno.test("options: all that were given, with or without a host before the type", () => {
  const given = {
    noPivotRoot: true,
    noNewKeyring: true,
    shimCgroup: "/shims",
    ioUid: 1000,
    ioGid: 0xffff_fffe,
    binaryName: "crun",
    root: "/run/crun",
    systemdCgroup: true,
  };
  const value = RuncOptions.encode(given).finish();
  for (const host of ["", "types.containerd.io/", "type.googleapis.com/", "a/b/"]) {
    assertEquals(pick(decodeOptions({ typeUrl: host + TYPE, value })), given);
  }
});

Deno.test("options: those of another type are refused by its name", () => {
  for (const typeUrl of ["a.b.Options", "host/a.b.Options", `${TYPE}2`, `${TYPE}/`]) {
    const error = assertThrows(
      () => decodeOptions({ typeUrl, value: new Uint8Array() }),
      StatusError,
      `not ${typeUrl}`,
    );
    assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
  }
});

Deno.test("options: bytes that are none are refused", () => {
  for (const value of [[0x1a, 0x05, 0x41], [0xff], [0x1a, 0x01, 0xff]]) {
    const error = assertThrows(
      () => decodeOptions({ typeUrl: TYPE, value: Uint8Array.from(value) }),
      StatusError,
      "can't decode the runtime options: ",
    );
    assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
  }
});
