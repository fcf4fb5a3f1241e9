/**
 * `deno task test:package`: makes the packages of what is checked out, and tests them: what is in them, that another build has the same
 * bytes, what lintian says, and in a Debian of their own, which is made in `.cache`, how they are installed, upgraded and removed under
 * running containers. So are those for the other kind of machine, which can't run here.
 */
import { makeDebian } from "../../tests/harness/machine/debian_machine.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { fail } from "../common/fail.ts";
import { setup } from "../common/setup.ts";
import { makePackages } from "../package/package.ts";

await setup();
// Whoever tests them, they are told to be of somebody's.
Deno.env.set("DEBFULLNAME", "Ada Example");
Deno.env.set("DEBEMAIL", "ada@example.org");
const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "packages-" });
const result = await test().catch((error: Error) => error);
await Deno.remove(folder, { recursive: true });
if (result instanceof Error) fail(result.message);
Deno.exit(result);

/** @returns The exit code. */
async function test(): Promise<number> {
  const { files } = await makePackages(Deno.build.arch, folder);
  console.log(`Made ${files.join(", ")}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "tools/test/suite.ts", "tests/package", ...Deno.args],
    cwd: REPOSITORY,
    env: { PACKAGES_FOLDER: folder, PACKAGES_DEBIAN: await makeDebian() },
  }).spawn();
  return (await child.status).code;
}
