/**
 * `deno task test:docker [suite...]`: runs the tests with docker, for each of Debian's suites (default: all) with the dockerd,
 * containerd and runc that it has. They are unpacked into `.cache`, and not installed. SHIM_BINARY and SHIM_RUNTIME are as with
 * `deno task test`.
 *
 * All suites are tested at the same time, each in private mounts; what one prints is to be seen at its end. The exit code is 0 when
 * nothing failed.
 */
import { noteDockerFolders } from "../../tests/harness/machine/docker_folders.ts";
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { searchPath, type Suite, unpack } from "../../tests/harness/machine/packages.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { fail } from "../common/fail.ts";
import { prepare } from "./prepare.ts";

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

await prepare();
const folders = await Promise.all(suites.map((suite) => unpack(suite, PACKAGES[suite]!)))
  .catch((error) => fail(error.message));

// Of several daemons none can tell whose they are.
const removeFolders = noteDockerFolders();
const running = new Set<Deno.ChildProcess>();
const interruption = onInterruption((signal) => {
  for (const child of running) child.kill(signal);
});
const failed: Suite[] = [];
await Promise.all(suites.map(async (suite, index) => {
  if (!await test(suite, folders[index])) failed.push(suite);
}));
await removeFolders();
if (interruption.aborted) Deno.exit(130);
if (failed.length > 0) fail(`the tests failed with docker of ${failed.join(", ")}`);

/** @returns Whether all passed. */
async function test(suite: Suite, folder: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "tools/test/suite.ts", "tests/docker"],
    cwd: REPOSITORY,
    env: { PATH: searchPath(folder) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  const { success, stdout, stderr } = await child.output();
  running.delete(child);
  const decoder = new TextDecoder();
  console.log(`With docker of Debian ${suite}:`);
  console.log(decoder.decode(stdout) + decoder.decode(stderr));
  return success;
}
