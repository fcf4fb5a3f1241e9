import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { type Any, CreateOptions, RuncOptions, RuntimeOptions } from "../../../../proto/mod.ts";
import { decodeOptions } from "../../../../runc/options/options.ts";
import { StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import { LogRecorder } from "../../../harness/unit/log_recorder.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const RUNC = "containerd.runc.v1.Options";
const GENERIC = "runtimeoptions.v1.Options";
const CREATE = "containerd.linux.runc.CreateOptions";

const DEFAULTS: RuncOptions = {
  noPivotRoot: false,
  noNewKeyring: false,
  shimCgroup: "",
  ioUid: 0,
  ioGid: 0,
  binaryName: "",
  root: "",
  systemdCgroup: false,
  criuImagePath: "",
  criuWorkPath: "",
  taskApiAddress: "",
  taskApiVersion: 0,
};

const ALL: RuncOptions = {
  noPivotRoot: true,
  noNewKeyring: true,
  shimCgroup: "/shims",
  ioUid: 1000,
  ioGid: 0xffff_fffe,
  binaryName: "crun",
  root: "/run/crun",
  systemdCgroup: true,
  criuImagePath: "/images",
  criuWorkPath: "/work",
  taskApiAddress: "unix:///api",
  taskApiVersion: 3,
};

const HOSTS = ["", "types.containerd.io/", "type.googleapis.com/", "a/b/"];

async function expectOptions(
  any: Any.Properties | null | undefined,
  options: Partial<RuncOptions>,
  warnings: string[] = [],
): Promise<void> {
  const log = new LogRecorder();
  assertEquals(await decodeOptions(any, log), { ...DEFAULTS, ...options });
  assertEquals(log.messages, warnings);
}

async function expectRefusal(any: Any.Properties, message: string): Promise<void> {
  const error = await assertRejects(() => decodeOptions(any, new LogRecorder()), StatusError);
  assertEquals([error.code, error.message], [StatusCode.INVALID_ARGUMENT, message]);
}

Deno.test("options: none are the defaults", async () => {
  for (const any of [undefined, null, {}, { typeUrl: "" }, { typeUrl: RUNC }]) {
    await expectOptions(any, {});
  }
});

Deno.test("options: all that were given, with or without a host before the type", async () => {
  const value = RuncOptions.encode(ALL).finish();
  for (const host of HOSTS) await expectOptions({ typeUrl: host + RUNC, value }, ALL);
});

Deno.test("options: those of containerd's client for runtimes that it does not know", async () => {
  const { noPivotRoot, noNewKeyring, shimCgroup, ioUid, ioGid, criuWorkPath, criuImagePath } = ALL;
  const owner = { ioUid, ioGid };
  const options = { noPivotRoot, noNewKeyring, shimCgroup, ...owner, criuWorkPath, criuImagePath };
  const value = CreateOptions.encode(options).finish();
  for (const host of HOSTS) await expectOptions({ typeUrl: host + CREATE, value }, options);
});

Deno.test("options: those of another type are refused by its name", async () => {
  for (const typeUrl of ["a.b.Options", "host/a.b.Options", `${RUNC}2`, `${RUNC}/`]) {
    await expectRefusal(
      { typeUrl, value: new Uint8Array() },
      `expected runtime options of the type ${RUNC}, ${GENERIC} or ${CREATE}, not ${typeUrl}`,
    );
  }
});

Deno.test("options: bytes that are none are refused", async () => {
  // The tag of a text or bytes.
  for (const [typeUrl, tag] of [[RUNC, 0x1a], [GENERIC, 0x1a], [CREATE, 0x4a]] as const) {
    for (const value of [[tag, 0x05, 0x41], [0xff], [tag, 0x01, 0xff]]) {
      const any = { typeUrl, value: Uint8Array.from(value) };
      const error = await assertRejects(() => decodeOptions(any, new LogRecorder()), StatusError);
      assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
      assertEquals(error.message.startsWith("can't read the runtime options: "), true);
    }
  }
});

/** The message in which containerd's CRI hands a TOML table over. */
function generic(options: RuntimeOptions.Properties, host = ""): Any.Properties {
  return { typeUrl: host + GENERIC, value: RuntimeOptions.encode(options).finish() };
}

function fromToml(toml: string | Uint8Array): Any.Properties {
  const configBody = typeof toml === "string" ? new TextEncoder().encode(toml) : toml;
  return generic({ configBody });
}

const ALL_IN_TOML = `
# as containerd writes it
BinaryName = "crun"
CriuImagePath = "/images"
CriuWorkPath = '/work'
IoGid = 4_294_967_294
IoUid = 1000
NoNewKeyring = true
NoPivotRoot = true
Root = "/run/crun"
ShimCgroup = "/shims"
SystemdCgroup = true
TaskApiAddress = "unix:///api"
TaskApiVersion = 3
`;

Deno.test("options: as TOML, with or without a host before the type", async () => {
  const configBody = new TextEncoder().encode(ALL_IN_TOML);
  for (const host of HOSTS) {
    await expectOptions(generic({ configBody }, host), ALL);
    await expectOptions(generic({ configBody, typeUrl: host + RUNC }), ALL);
  }
});

Deno.test("options: an empty TOML is the defaults", async () => {
  for (const any of [{ typeUrl: GENERIC }, generic({}), fromToml("\n# nothing\n")]) {
    await expectOptions(any, {});
  }
});

Deno.test("options: keys of TOML may be in any case", async () => {
  const toml = 'binaryname = "crun"\nROOT = "/r"\n"ioUid" = 7\nsystemdCGroup = true\r\n';
  const options = { binaryName: "crun", root: "/r", ioUid: 7, systemdCgroup: true };
  await expectOptions(fromToml(toml), options);
});

Deno.test("options: an unknown key of TOML is warned of, and harms nothing", async () => {
  const warning = (key: string) => `warning passed over an unknown runtime option: ${key}`;
  await expectOptions(
    fromToml('binary_name = "crun"\nRoot = "/r"\n[runc]\nBinaryName = "crun"\n'),
    { root: "/r" },
    [warning("binary_name"), warning("runc")],
  );
});

Deno.test("options: what containerd's own table has is not warned of", async () => {
  const toml = `TypeUrl = "${RUNC}"\nCriuPath = ""\nBinaryName = "crun"`;
  await expectOptions(fromToml(toml), { binaryName: "crun" });
});

Deno.test("options: a value of TOML that is of another type is refused by key and value", async () => {
  const number = "a whole number from 0 to 4294967295";
  const cases: [toml: string, expected: string, key: string, found: string][] = [
    ["BinaryName = 1", "a string", "BinaryName", "1"],
    ["root = true", "a string", "root", "true"],
    ['NoPivotRoot = "true"', "a boolean", "NoPivotRoot", '"true"'],
    ["SystemdCgroup = 1", "a boolean", "SystemdCgroup", "1"],
    ['IoUid = "1000"', number, "IoUid", '"1000"'],
    ["IoGid = -1", number, "IoGid", "-1"],
    ["IoGid = 4294967296", number, "IoGid", "4294967296"],
    ["IoUid = 1.5", number, "IoUid", "1.5"],
    ["IoUid = [1, 2]", number, "IoUid", "[1,2]"],
    ["[Root]\npath = '/r'", "a string", "Root", '{"path":"/r"}'],
  ];
  for (const [toml, expected, key, found] of cases) {
    const reason = `expected ${expected} for ${key}, not ${found}`;
    await expectRefusal(fromToml(toml), `can't read the runtime options: ${reason}`);
  }
});

Deno.test("options: what is no TOML is refused with its line and column", async () => {
  await expectRefusal(
    fromToml('Root = "/r"\nIoUid = one\n'),
    "can't read the runtime options: Parse error on line 2, column 8: Cannot parse value on line 'IoUid = one'",
  );
  await expectRefusal(
    fromToml(Uint8Array.from([0x41, 0x3d, 0x22, 0xff, 0x22])),
    "can't read the runtime options: expected TOML in UTF-8",
  );
});

Deno.test("options: TOML in a file", () =>
  withFolder(async (folder) => {
    const configPath = join(folder, "options.toml");
    await Deno.writeTextFile(configPath, ALL_IN_TOML);
    await expectOptions(generic({ configPath }), ALL);
    await Deno.writeTextFile(configPath, "Root = 1");
    await expectRefusal(
      generic({ configPath }),
      `can't read the runtime options in ${configPath}: expected a string for Root, not 1`,
    );
    await Deno.remove(configPath);
    await expectRefusal(
      generic({ configPath }),
      `can't read the runtime options in ${configPath}: No such file or directory (os error 2): readfile '${configPath}'`,
    );
  }));

Deno.test("options: TOML for a runtime of another kind is refused by its type", async () => {
  const typeUrl = "io.containerd.runsc.v1.options";
  await expectRefusal(
    generic({ typeUrl, configPath: "/etc/runsc.toml" }),
    `expected runtime options of the type ${RUNC}, ${GENERIC} or ${CREATE}, not ${typeUrl}`,
  );
});
