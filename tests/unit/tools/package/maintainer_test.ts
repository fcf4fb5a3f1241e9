import { assertEquals, assertThrows } from "@std/assert";
import { maintainerOf } from "../../../../tools/package/facts.ts";

const OURS = "containerd-shim-ts-v2 maintainers";

const SAID: Record<string, [Record<string, string>, string]> = {
  "nothing": [{}, `${OURS} <maintainers@shim-ts.invalid>`],
  "nothing but empty words": [
    { DEBFULLNAME: "", DEBEMAIL: "" },
    `${OURS} <maintainers@shim-ts.invalid>`,
  ],
  "a name and an address": [
    { DEBFULLNAME: "Ada Example", DEBEMAIL: "ada@example.org" },
    "Ada Example <ada@example.org>",
  ],
  "an address": [{ DEBEMAIL: "ada@example.org" }, `${OURS} <ada@example.org>`],
  "both as the address": [
    { DEBEMAIL: "Ada Example <ada@example.org>" },
    "Ada Example <ada@example.org>",
  ],
  "both as the address, and a name": [
    { DEBFULLNAME: "Ada E. Example", DEBEMAIL: "Ada Example <ada@example.org>" },
    "Ada E. Example <ada@example.org>",
  ],
};
for (const [name, [env, expected]] of Object.entries(SAID)) {
  Deno.test(`maintainer: ${name} in the environment`, () => {
    assertEquals(maintainerOf(env), expected);
  });
}

const MISTAKES: Record<string, Record<string, string>> = {
  "a name without an address": { DEBFULLNAME: "Ada Example" },
  "an address without a place": { DEBEMAIL: "ada" },
  "two lines": { DEBFULLNAME: "Ada\nDepends: nothing", DEBEMAIL: "ada@example.org" },
  "brackets in the name": { DEBFULLNAME: "Ada <Example>", DEBEMAIL: "ada@example.org" },
};
for (const [name, env] of Object.entries(MISTAKES)) {
  Deno.test(`maintainer: ${name} is refused`, () => {
    assertThrows(() => maintainerOf(env), Error, "expected a name in DEBFULLNAME");
  });
}
