import { assertEquals } from "@std/assert";
import { compact } from "../../../../tools/build/compact.ts";

function compactText(text: string): string {
  return compact(new Map([["./a.js", text]])).get("./a.js")!;
}

Deno.test("compact: without the spaces at the beginning of lines, and what tells bundlers what to drop", () => {
  const module = 'var a = /* @__PURE__ */ f({\n  b: `${c}`,\n    d: "`"\n});\n';
  assertEquals(compactText(module), 'var a = f({\n  b: `${c}`,\n    d: "`"\n});\n');
  const plain = "var a = /* @__PURE__ */ f({\n  b: `${c}`,\n    d: 1\n});\n";
  assertEquals(compactText(plain), "var a = f({\nb: `${c}`,\nd: 1\n});\n");
});

for (
  const [name, text] of [
    ["a template", "`a\n   b ${1}\n  c`"],
    ["a template within one", "`a ${`b\n   c` + `\n  d`}`"],
    ["both open", "`a ${`b\n   c ${2}`} d\n  e`"],
    ["an escaped backtick", "`a \\`\n  b`"],
    ["a string that goes on", "'a\\\n   b'"],
  ]
) {
  Deno.test(`compact: a text over several lines keeps its spaces: ${name}`, () => {
    assertEquals((0, eval)(compactText(text)), (0, eval)(text));
  });
}
