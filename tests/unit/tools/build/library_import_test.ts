import { assertEquals, assertThrows } from "@std/assert";
import { redirectLibrary } from "../../../../tools/build/build.ts";

const MAIN = ["./main.js", "console.log();"] as const;

Deno.test("build: the bundle imports gRPC's library from its own module", () => {
  const modules = new Map([MAIN, ["./grpc.js", 'var grpc = await import("@grpc/grpc-js");']]);
  const expected = [MAIN, ["./grpc.js", 'var grpc = await import("./grpc.cjs");']];
  assertEquals([...redirectLibrary(modules)], expected);
});

Deno.test("build: a bundle that does not import gRPC's library as it should is an error", () => {
  const none =
    'expected import("@grpc/grpc-js") in the bundle, as in shim/grpc/library.ts, and found none';
  assertThrows(() => redirectLibrary(new Map([MAIN])), Error, none);
  const alone =
    'expected @grpc/grpc-js to be imported by import("@grpc/grpc-js") alone, not as in ./b.js';
  const good = ["./a.js", 'import("@grpc/grpc-js")'] as const;
  for (
    const other of [
      'import grpc from "@grpc/grpc-js";',
      "import ( '@grpc/grpc-js' )",
      'import "@grpc/grpc-js";',
      'require("@grpc/grpc-js/build/src/server.js")',
    ]
  ) {
    assertThrows(() => redirectLibrary(new Map([good, ["./b.js", other]])), Error, alone);
  }
});
