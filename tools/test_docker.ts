/**
 * `deno task test:docker [suite...]`: runs the tests with docker, for each of Debian's suites (default: all) with the dockerd,
 * containerd and runc that it has. They are fetched once, and not installed. SHIM_BINARY and SHIM_RUNTIME are as with `deno task test`.
 */
import { fromFileUrl } from "@std/path";
import { build } from "./build.ts";
import { fail } from "./fail.ts";
import { searchPath, type Suite, unpack } from "./packages.ts";
import { setup } from "./setup.ts";

/** What dockerd calls comes with it; procps for `docker top`. */
const COMMON = ["containerd", "docker.io", "procps", "runc"];

/** The packages of each suite: bookworm's docker.io has the client, too, and forky keeps docker-init apart from tini. */
const PACKAGES: Partial<Record<Suite, string[]>> = {
  bookworm: [...COMMON, "tini"],
  trixie: [...COMMON, "docker-cli", "tini"],
  forky: [...COMMON, "docker-cli", "tini-static"],
};

const suites = (Deno.args.length > 0 ? Deno.args : Object.keys(PACKAGES)) as Suite[];
const unknown = suites.find((suite) => !PACKAGES[suite]);
if (unknown !== undefined) fail(`expected one of ${Object.keys(PACKAGES)}, not ${unknown}`);

await setup();
if (!Deno.env.has("SHIM_RUNTIME") && !Deno.env.has("SHIM_BINARY")) {
  Deno.env.set("SHIM_BINARY", await build());
}
const failed: Suite[] = [];
for (const suite of suites) {
  const folder = await unpack(suite, PACKAGES[suite]!).catch((error) => fail(error.message));
  console.log(`With docker of Debian ${suite}:`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "tools/test.ts", "tests/docker_test.ts"],
    cwd: fromFileUrl(new URL("..", import.meta.url)),
    env: { PATH: searchPath(folder) },
  }).spawn().status;
  if (!success) failed.push(suite);
}
if (failed.length > 0) fail(`the tests failed with docker of ${failed.join(", ")}`);
