import { assertEquals } from "@std/assert";
import { portable } from "../../../../tools/build/portable.ts";

/** A bundle, as it is made with Deno's cache at a place, which gives the hashes in the names. */
function bundle(cache: string, one: string, other: string): Map<string, string> {
  return new Map([
    ["./main.js", `import "./chunk-${one}.js";\nimport("./chunk-${other}.js"); "./chunk-a.js";\n`],
    [
      `./chunk-${one}.js`,
      `// ${cache}/npm/registry.npmjs.org/@a/b/1.0.0/x.js\nimport "./chunk-${other}.js";\n`,
    ],
    [`./chunk-${other}.js`, `var f = { "${cache}/npm/registry.npmjs.org/c/2.0.0/y.js"() {} };\n`],
  ]);
}

Deno.test("portable: a bundle is the same wherever it was made", () => {
  const made = portable(bundle("../../root/.cache/deno", "ABCDEFGH", "23456789"));
  assertEquals(portable(bundle("cache", "ZYXWVUTS", "22223333")), made);
  assertEquals(
    made,
    new Map([
      ["./main.js", 'import "./chunk-1.js";\nimport("./chunk-2.js"); "./chunk-a.js";\n'],
      ["./chunk-1.js", '// npm:@a/b/1.0.0/x.js\nimport "./chunk-2.js";\n'],
      ["./chunk-2.js", 'var f = { "npm:c/2.0.0/y.js"() {} };\n'],
    ]),
  );
});
