import { assertEquals, assertThrows } from "@std/assert";
import { parseStdioUri } from "../../../../shim/stdio/uri.ts";
import { StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";

/** The scheme, the path and the query of what a client gives for a stream. */
function parts(uri: string) {
  const { scheme, path, query } = parseStdioUri("stdout", uri);
  return [scheme, path, query];
}

Deno.test("stdio uri: a path is that of a FIFO, whatever is in it", () => {
  for (const path of ["/run/fifo", "/a b%20?c=d#e", "/binary://x", "relative", "C"]) {
    assertEquals(parts(path), ["fifo", path, []]);
  }
});

Deno.test("stdio uri: scheme, path and query are told apart", () => {
  assertEquals(parts("fifo:///run/fifo"), ["fifo", "/run/fifo", []]);
  assertEquals(parts("file:///var/log/x.log?y=z"), ["file", "/var/log/x.log", [["y", "z"]]]);
  assertEquals(parts("binary-v2:///l?k=v"), ["binary-v2", "/l", [["k", "v"]]]);
});

Deno.test("stdio uri: capitals, a missing or named host, and a fragment change nothing", () => {
  for (
    const uri of ["BINARY:///l?a", "binary:/l?a", "binary://localhost/l?a", "binary:///l?a#b?c"]
  ) {
    assertEquals(parts(uri), ["binary", "/l", [["a", ""]]]);
  }
});

Deno.test("stdio uri: an unknown scheme is no error here", () => {
  assertEquals(parts("a+b.c-9:///x"), ["a+b.c-9", "/x", []]);
});

Deno.test("stdio uri: the query keeps its order, keys that come twice, and empty values", () => {
  const query = [["z", "1"], ["a", ""], ["b", ""], ["z", "2=3"], ["", "x"]];
  assertEquals(parts("binary:///l?z=1&a&b=&&z=2=3&=x&"), ["binary", "/l", query]);
});

Deno.test("stdio uri: what is escaped is decoded, once and after the parts were told apart", () => {
  assertEquals(parts("binary:///a%20b%3Fc+d/%C3%A9%2525?k%3D+%26=v+%2B%3D%26%0A"), [
    "binary",
    "/a b?c+d/é%25",
    [["k= &", "v +=&\n"]],
  ]);
});

for (
  const [uri, expected] of [
    ["binary://", "an absolute path"],
    ["binary:", "an absolute path"],
    ["binary://host", "an absolute path"],
    ["binary://?/path", "an absolute path"],
    ["file:relative", "an absolute path"],
    ["binary:///l%", "percent signs"],
    ["binary:///l?k=%zz", "percent signs"],
    ["binary:///l?k=%ff", "percent signs"],
    ["binary:///l%00", "percent signs"],
    ["binary:///l?%00", "percent signs"],
  ]
) {
  Deno.test(`stdio uri: ${uri} is refused`, () => {
    const error = assertThrows(() => parseStdioUri("stderr", uri), StatusError, expected);
    assertEquals(error.code, StatusCode.INVALID_ARGUMENT);
    assertEquals(error.message.endsWith(` in the URI for stderr: ${uri}`), true, error.message);
  });
}
