import { assertEquals, assertThrows } from "@std/assert";
import { type Located, parseJsonc } from "../../../../shim/settings/jsonc.ts";

/** A value without its lines. */
function plain({ value }: Located): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(Array.from(value, ([key, each]) => [key, plain(each)]));
}

const VALUES = [
  '"a\\n\\u00e9\\"/* no comment */"',
  "-1.5e3",
  "true",
  "null",
  "[]",
  "{}",
  "[[1], {}]",
];
for (const text of VALUES) {
  Deno.test(`jsonc: ${text} is what JSON has for it`, () => {
    assertEquals(plain(parseJsonc(text, "f")), JSON.parse(text));
  });
}

Deno.test("jsonc: comments, commas before brackets and a mark of the byte order are nothing", () => {
  const text = `\uFEFF// one
  /* two
     lines */ { "a": [1, /* // */ 2,], // three
  "b": {"c": "// text",},} //`;
  assertEquals(plain(parseJsonc(text, "f")), { a: [1, 2], b: { c: "// text" } });
});

Deno.test("jsonc: a value knows the line where it begins", () => {
  const { line, value } = parseJsonc('\n{\r\n"a": 1, "b":\n/*\n*/ [\n2]}', "f");
  const members = value as Map<string, Located>;
  assertEquals([line, members.get("a")!.line, members.get("b")!.line], [2, 3, 5]);
  assertEquals((members.get("b")!.value as Located[])[0].line, 6);
});

const MISTAKES: [text: string, message: string][] = [
  ["", "f:1: expected a value, not the end"],
  ["\n// nothing\n", "f:3: expected a value, not the end"],
  ["{", "f:1: expected a key in quotes, not the end"],
  ['{\n"a"', "f:2: expected a colon behind the key a, not the end"],
  ['{\n"a": 1\n"b": 2}', 'f:3: expected a comma or }, not "b"'],
  ["{a: 1}", "f:1: expected a key in quotes, not a"],
  ["{'a': 1}", "f:1: expected a key in quotes, not 'a'"],
  ['{"a": yes}', "f:1: expected a value, not yes"],
  ['{"a": 01}', "f:1: expected a value, not 01"],
  ['{"a": "x\ny"}', 'f:1: expected a value, not "'],
  ['{"a": "\\x"}', 'f:1: expected a value, not "\\x"'],
  ['{"a":, }', "f:1: expected a value, not ,"],
  ["[1,,2]", "f:1: expected a value, not ,"],
  ["[1\n2]", "f:2: expected a comma or ], not 2"],
  ['{"a": 1 /* for ever', "f:1: expected a comma or }, not /"],
  ['{"a": 1,\n"a": 2}', "f:2: the key a stands twice"],
  ["{}\n{}", "f:2: expected no more behind the value, not {"],
];
for (const [text, message] of MISTAKES) {
  Deno.test(`jsonc: ${JSON.stringify(text)} is refused`, () => {
    assertEquals(assertThrows(() => parseJsonc(text, "f"), Error).message, message);
  });
}

Deno.test("jsonc: keys that objects have anyway are keys as others", () => {
  const { value } = parseJsonc('{"__proto__": 1, "constructor": 2}', "f");
  assertEquals([...(value as Map<string, Located>).keys()], ["__proto__", "constructor"]);
});
