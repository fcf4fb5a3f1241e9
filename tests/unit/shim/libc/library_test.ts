import { assertEquals, assertStrictEquals } from "@std/assert";
import { symbols } from "../../../../shim/libc/library.ts";

Deno.test("libc has every function of the table", () => {
  for (const name of Object.getOwnPropertyNames(symbols) as (keyof typeof symbols)[]) {
    assertEquals(typeof symbols[name], "function", name);
  }
});

Deno.test("a function is opened once", () => {
  assertStrictEquals(symbols.close, symbols.close);
});
