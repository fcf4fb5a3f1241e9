/**
 * `deno task test [arguments of deno test]`: sees to what is needed, builds, and runs the tests in private
 * mounts. Where SHIM_BINARY or SHIM_RUNTIME names the shim under test, nothing is built. A test's containers have servers of their
 * own, which must be gone with them; with SHIM_SPARE=on servers may stay as spares.
 *
 * The last line is `N passed, N failed`. The exit code is 0 when nothing failed and nothing was left behind.
 */
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { enterPrivateMounts, inPrivateMounts } from "../../tests/harness/machine/private_mounts.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "../../tests/harness/suite/leaks.ts";
import { prepare } from "./prepare.ts";

if (!inPrivateMounts()) await prepare();
await enterPrivateMounts();
if (!Deno.env.has("SHIM_SPARE")) Deno.env.set("SHIM_SPARE", "off");

const before = takeTraces();
const report = await Deno.makeTempFile({ prefix: "report-", suffix: ".xml" });
const tests = new Deno.Command(Deno.execPath(), {
  args: ["test", "--allow-all", `--junit-path=${report}`, ...Deno.args],
  cwd: REPOSITORY,
}).spawn();
const interruption = onInterruption(() => tests.kill("SIGKILL"));
const { success } = await tests.status;
if (interruption.aborted) {
  await Deno.remove(report);
  await removeTraces(before);
  console.error("interrupted: everything has been ended and removed");
  Deno.exit(130);
}

let { passed, failed } = await readReport(report);
await Deno.remove(report);
await expectNoLeaks(before).catch((error) => {
  console.error(`after all tests: ${error.message}`);
  failed++;
});
// A file that can't be loaded is in no report.
if (!success && failed === 0) failed++;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

/** Counts the tests in a report in JUnit's format, as `deno test` writes it; it is empty where none ran. */
async function readReport(path: string): Promise<{ passed: number; failed: number }> {
  const report = await Deno.readTextFile(path);
  const tests = report.match(/<testcase /g)?.length ?? 0;
  const failed = report.match(/<failure /g)?.length ?? 0;
  const ignored = report.match(/<skipped/g)?.length ?? 0;
  return { passed: tests - failed - ignored, failed };
}
