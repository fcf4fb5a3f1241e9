import { assertEquals, assertRejects } from "@std/assert";
import { DEFAULTS, readSettings, type Settings } from "../../../../shim/settings/settings.ts";
import { REPOSITORY } from "../../../harness/machine/repository.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const VARIABLES = ["SHIM_CONFIG", "SHIM_PROTOCOL", "SHIM_SPARE", "SHIM_SHARE"];

/** Reads settings with an environment that has these variables and no others of the shim's. */
async function readWith(variables: Record<string, string>): Promise<Settings> {
  const before = VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const name of VARIABLES) Deno.env.delete(name);
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    return await readSettings("containerd-shim-of-a-test-v1");
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

/** Reads settings from a file with this text. */
async function readFile(text: string, variables: Record<string, string> = {}): Promise<Settings> {
  let settings: Settings | undefined;
  await withFolder(async (folder) => {
    const SHIM_CONFIG = `${folder}/settings.json`;
    await Deno.writeTextFile(SHIM_CONFIG, text);
    settings = await readWith({ SHIM_CONFIG, ...variables });
  });
  return settings!;
}

Deno.test("settings: without a file they are the defaults", async () => {
  assertEquals(await readWith({}), DEFAULTS);
  assertEquals(await readWith({ SHIM_CONFIG: "", SHIM_PROTOCOL: "", SHIM_SPARE: "" }), DEFAULTS);
});

Deno.test("settings: a file changes what it names, and nothing else", async () => {
  assertEquals(await readFile("{}"), DEFAULTS);
  assertEquals(await readFile('{"logLevel": "warn", "drain": {"writerSeconds": 0.5}}'), {
    ...DEFAULTS,
    logLevel: "warn",
    drain: { ...DEFAULTS.drain, writerSeconds: 0.5 },
  });
});

Deno.test("settings: variables win", async () => {
  const text = '{"protocol": "grpc", "spare": false, "share": 3, "direct": false}';
  const { protocol, spare, share, direct } = await readFile(text);
  assertEquals([protocol, spare, share, direct], ["grpc", false, 3, false]);
  const variables = {
    ...{ SHIM_PROTOCOL: "ttrpc", SHIM_SPARE: "on", SHIM_SHARE: "1000", SHIM_DIRECT: "on" },
  };
  const won = await readFile(text, variables);
  assertEquals([won.protocol, won.spare, won.share, won.direct], ["ttrpc", true, 1000, true]);
});

const MISTAKES: [text: string, message: string][] = [
  [
    '{\n"spair": true}',
    ":2: unknown key spair; known are logLevel, protocol, spare, share, direct, drain",
  ],
  ['{"__proto__": true}', ":1: unknown key __proto__; known are logLevel, "],
  ['{"drain": {\n"reader": 1}}', ":2: unknown key drain.reader; known are drain.exitSeconds, "],
  ['{\n\n"spare": "off"}', ':3: expected true or false as spare, not "off"'],
  ['{"share": 0}', ":1: expected a whole number from 1 to 1000 as share, not 0"],
  ['{"share": "8"}', ':1: expected a whole number from 1 to 1000 as share, not "8"'],
  ['{"logLevel": 1}', ':1: expected "debug", "info", "warn" or "error" as logLevel, not 1'],
  ['{"protocol": {}}', ':1: expected "ttrpc" or "grpc" as protocol, not an object'],
  ['{"drain": 3}', ":1: expected an object as drain, not 3"],
  [
    '{"drain": {"exitSeconds": -1}}',
    ":1: expected a number of seconds from 0 to 3600 as drain.exit",
  ],
  ["[]", ":1: expected an object, not a list"],
  ["", ":1: expected a value, not the end"],
];
for (const [text, message] of MISTAKES) {
  Deno.test(`settings: a file with ${JSON.stringify(text)} is refused`, async () => {
    const error = await assertRejects(() => readFile(text), Error, message);
    assertEquals(error.message.startsWith("/"), true, error.message);
  });
}

const WRONG: [variables: Record<string, string>, message: string][] = [
  [{ SHIM_CONFIG: "settings.json" }, "expected an absolute path in SHIM_CONFIG, not settings.json"],
  [{ SHIM_CONFIG: "/no/such" }, "can't read the settings in /no/such: No such file"],
  [{ SHIM_CONFIG: "/etc" }, "can't read the settings in /etc: Is a directory"],
  [{ SHIM_SPARE: "no" }, "expected on or off in SHIM_SPARE, not no"],
  [{ SHIM_SHARE: "1.5" }, "expected a whole number from 1 to 1000 in SHIM_SHARE, not 1.5"],
  [{ SHIM_SHARE: "1001" }, "expected a whole number from 1 to 1000 in SHIM_SHARE, not 1001"],
  [{ SHIM_PROTOCOL: "http" }, "expected ttrpc or grpc in SHIM_PROTOCOL, not http"],
];
for (const [variables, message] of WRONG) {
  Deno.test(`settings: ${JSON.stringify(variables)} is refused`, async () => {
    await assertRejects(() => readWith(variables), Error, message);
  });
}

Deno.test("settings: docs/operating.md has each key with its default", async () => {
  const text = await Deno.readTextFile(`${REPOSITORY}docs/operating.md`);
  const rows = text.matchAll(
    /^\| `([\w.]+)` *\|[^|]*\| (?:`(.*?)`|what containerd asks for) *\|/gm,
  );
  const documented = Object.fromEntries(Array.from(rows, ([, key, value]) => [key, value]));
  const { drain, ...rest } = { logLevel: undefined, ...DEFAULTS };
  const entries = Object.entries({
    ...rest,
    ...Object.fromEntries(Object.entries(drain).map(([key, value]) => [`drain.${key}`, value])),
  });
  assertEquals(
    documented,
    Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)])),
  );
});
