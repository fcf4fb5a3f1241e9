import { assertEquals, assertMatch } from "@std/assert";
import { test } from "./black_box.ts";
import { DirectShim } from "./direct_shim.ts";

test("the shim logs in logrus's text format", async (containerd) => {
  const shim = await DirectShim.start(containerd, "box");
  await shim.create(containerd);
  const lines = (await shim.end()).trimEnd().split("\n");
  assertEquals(lines.length > 0, true);
  for (const line of lines) {
    assertMatch(
      line,
      /^time="[\dT:.+Z-]+" level=(debug|info|warning|error) msg=("([^"\\]|\\.)*"|\S+)( .*)?$/,
    );
  }
});
