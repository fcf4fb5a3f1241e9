import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { scriptForm } from "../../../../tools/build/script_form.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

/** Runs a script of these modules, and gives the lines of its output. */
async function run(modules: Readonly<Record<string, string>>): Promise<string[]> {
  const script = scriptForm(
    "shim",
    Deno.execPath(),
    ["--allow-all"],
    new Map(Object.entries(modules)),
  );
  assertMatch(script, /^[\0-\x7f]*$/);
  let lines: string[] = [];
  await withFolder(async (folder) => {
    const path = `${folder}/a scr'ipt`;
    await Deno.writeTextFile(path, script, { mode: 0o755 });
    const { success, stdout, stderr } = await new Deno.Command(path).output();
    const decoder = new TextDecoder();
    assertEquals([success, decoder.decode(stderr)], [true, ""]);
    lines = decoder.decode(stdout).trimEnd().split("\n");
  });
  return lines;
}

const COUNTER = `
console.log("loaded");
var count = 0;
function increment() {
  return ++count;
}
export {
  increment
};
`;

Deno.test("script form: a module is loaded once, however it is imported", async () => {
  const lines = await run({
    "./main.js": `
import {
  increment
} from "./chunk-COUNTER.js";
increment();
var { add } = await import("./lazy.js");
var { add: again } = await import("./lazy.js");
console.log(add(), again(), increment());
`,
    "./lazy.js": `
import "./side_effect.js";
import {
  increment as increment2
} from "./chunk-COUNTER.js";
function increment() {
  return increment2();
}
export {
  increment as add
};
`,
    "./chunk-COUNTER.js": COUNTER,
    "./side_effect.js": `console.log("side effect");`,
    "./unneeded.js": `console.log("unneeded");`,
  });
  assertEquals(lines, ["loaded", "side effect", "2 3 4"]);
});

Deno.test("script form: what is imported when it is needed may share what it imports", async () => {
  const lazy = `
import {
  increment
} from "./chunk-COUNTER.js";
export {
  increment
};
`;
  const lines = await run({
    "./main.js": `
var { increment } = await import("./one.js");
var { increment: another } = await import("./two.js");
console.log(increment(), another());
`,
    "./one.js": lazy,
    "./two.js": lazy,
    "./chunk-COUNTER.js": COUNTER,
  });
  assertEquals(lines, ["loaded", "1 2"]);
});

Deno.test("script form: it starts with the limit of open files in its environment", async () => {
  const lines = await run({ "./main.js": `console.log(Deno.env.get("SHIM_OPEN_FILES"));` });
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -Sn"] }).output();
  assertEquals(lines, [new TextDecoder().decode(stdout).trim()]);
});

Deno.test("script form: a module is the one of its version, though the file was replaced", async () => {
  const lines = await run({
    "./main.js": `
var path = new URL(Deno.mainModule);
Deno.removeSync(path);
Deno.writeTextFileSync(path, "another version");
var { increment } = await import("./counter.js");
console.log(increment());
`,
    "./counter.js": COUNTER,
  });
  assertEquals(lines, ["loaded", "1"]);
});

Deno.test("script form: what a module throws rejects its import, and tells the module and the line", async () => {
  const [message, where] = await run({
    "./main.js": `
try {
  await import("./broken.js");
} catch (error) {
  console.log(error.stack);
}
`,
    "./broken.js": `// The error is in the third line.\n\nthrow new Error("broken");`,
  });
  assertEquals(message, "Error: broken");
  assertMatch(where, /shim\/broken\.js\D+4:7\b/);
});

Deno.test("script form: a library in CommonJS's form can require", async () => {
  const lines = await run({
    "./main.js": `
var { default: library } = await import("./library.cjs");
console.log(library.join("a", "b"));
`,
    "./library.cjs": `exports.join = require("node:path").join;`,
  });
  assertEquals(lines, ["a/b"]);
});

Deno.test("script form: a program beyond ASCII means the same in ASCII", async () => {
  const lines = await run({
    "./main.js": 'console.log("…", `\u{1f980}é`, /^[à-ö]$/.test("é")); // …',
  });
  assertEquals(lines, ["… \u{1f980}é true"]);
});

Deno.test("script form: what is no bundle is refused", () => {
  const modules = ['import fs from "node:fs";', "export const one = 1;", 'import("library");'];
  for (const module of modules) {
    assertThrows(
      () => scriptForm("shim", "deno", [], new Map([["./main.js", module]])),
      Error,
      `expected no more imports and exports in a bundle, not ${module}`,
    );
  }
});
