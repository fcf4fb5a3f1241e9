import { assertRejects } from "@std/assert";
import { readCrates } from "../../../../tools/package/crates.ts";

Deno.test("crates: those of another Deno are not taken for its", async () => {
  await assertRejects(() => readCrates("2.0.0"), Error, "not 2.0.0, of which `deno task crates`");
});
