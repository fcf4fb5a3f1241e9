import { assertEquals, assertMatch } from "@std/assert";
import { scriptForm } from "../../tools/script_form.ts";

Deno.test("script form: a program beyond ASCII means the same in ASCII", () => {
  const program = 'globalThis.told = ["…", `\u{1f980}é`, /^[à-ö]$/.test("é")]; // …';
  const library = { imported: "import('x')", text: 'exports.dots = "…\\f";' };
  const script = scriptForm("deno", [], program, library);
  assertMatch(script, /^[\0-\x7f]*$/);
  (0, eval)(script.slice(script.indexOf(";(async"), script.indexOf("\f")));
  assertEquals(Reflect.get(globalThis, "told"), ["…", "\u{1f980}é", true]);
  Reflect.deleteProperty(globalThis, "told");
});
