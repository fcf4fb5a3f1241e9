import { assertEquals, assertMatch } from "@std/assert";
import { scriptForm } from "../../tools/script_form.ts";

Deno.test("script form: a program beyond ASCII means the same in ASCII", () => {
  const program = 'globalThis.told = ["…", `\u{1f980}é`, /^[à-ö]$/.test("é")]; // …';
  const script = scriptForm("deno", [], program);
  assertMatch(script, /^[\0-\x7f]*$/);
  (0, eval)(script.slice(script.indexOf(";(async")));
  assertEquals(Reflect.get(globalThis, "told"), ["…", "\u{1f980}é", true]);
  Reflect.deleteProperty(globalThis, "told");
});
