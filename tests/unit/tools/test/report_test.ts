import { assertEquals, assertMatch } from "@std/assert";
import { readReport } from "../../../../tools/test/report.ts";
import { withFolder } from "../../../harness/unit/temporary_folder.ts";

const tests = `
Deno.test("one", () => {});
Deno.test({ name: "left out", ignore: true, fn: () => {} });
Deno.test("a & <b> \\"c\\"", () => {
  throw new Error("expected <x> & 'y'");
});
`;

Deno.test("report: tells what passed, and what failed with its place and what it threw", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/some_test.ts`, tests);
    await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--junit-path=report.xml", "some_test.ts"],
      cwd: folder,
    }).output();
    const { passed, failures } = await readReport(`${folder}/report.xml`);
    assertEquals(passed, 1);
    assertEquals(failures.length, 1);
    assertMatch(failures[0], /^a & <b> "c" \(\.\/some_test\.ts:4\)\nError: expected <x> & 'y'\n/);
  });
});
