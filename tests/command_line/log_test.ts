import { assertEquals, assertMatch } from "@std/assert";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { test } from "../harness/suite/black_box.ts";

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
