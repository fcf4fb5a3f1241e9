/** `deno run -A tools/test/unpack.ts SUITE PACKAGE...`: unpacks packages of a suite of Debian's, and prints the folder. */
import { type Suite, unpack } from "../../tests/harness/machine/packages.ts";
import { fail } from "../common/fail.ts";

const [suite, ...names] = Deno.args;
if (names.length === 0) fail("expected a suite of Debian, and names of packages");
console.log(await unpack(suite as Suite, names).catch((error) => fail(error.message)));
