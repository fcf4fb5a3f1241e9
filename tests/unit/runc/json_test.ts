import { assertEquals } from "@std/assert";
import { withMember } from "../../../runc/bundle/mod.ts";
import { decodeJson } from "../../../runc/json.ts";

function anyOf(text: string) {
  return { typeUrl: "", value: new TextEncoder().encode(text) };
}

Deno.test("json: a member is set, and every number keeps all its digits", () => {
  const numbers = "[18446744073709551615,-9223372036854775808,0.10,1e400,-0,5E-324]";
  for (const member of ["", `,"terminal":true`, `,"terminal":{"terminal":1}`]) {
    assertEquals(
      withMember(`{"rlimits":${numbers}${member}}`, "terminal", false),
      `{"rlimits":${numbers},"terminal":false}`,
    );
  }
});

Deno.test("json: a member is there once, behind what Go takes for the same one", () => {
  const text = String.raw`{"terminal":1,"a":{"terminal":2},"Terminal":3,"\u0074erminal":4}`;
  assertEquals(
    withMember(text, "terminal", true),
    `{"a":{"terminal":2},"Terminal":3,"terminal":true}`,
  );
});

Deno.test("json: what is no number is as it was, too", () => {
  const rest = String
    .raw`"":null,"__proto__":{"x":[]},"s":"\n\" \ud800 é","t":"18446744073709551615"`;
  assertEquals(withMember(`{${rest}}`, "x", "y"), `{${rest},"x":"y"}`);
});

Deno.test("json: white space and a byte order mark are no matter", () => {
  const text = decodeJson(anyOf('\ufeff \r\n\t{ "a" : [ 1 , 2 ] } \n'), "object");
  assertEquals(withMember(text, "b", 3), `{"a":[1,2],"b":3}`);
});
