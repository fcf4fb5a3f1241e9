/**
 * `deno task test [arguments of deno test]`: sees to what is needed, builds, and runs the tests in private
 * mounts; all of them in two parts at the same time. Where SHIM_BINARY or SHIM_RUNTIME names the shim under test, nothing is built. A
 * test's containers have servers of their own, which must be gone with them; with SHIM_SPARE=on servers may stay as spares.
 *
 * The last line is `N passed, N failed`. The exit code is 0 when nothing failed and nothing was left behind.
 */
import { basename, join } from "@std/path";
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { enterPrivateMounts, inPrivateMounts } from "../../tests/harness/machine/private_mounts.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "../../tests/harness/suite/leaks.ts";
import { prepare } from "./prepare.ts";

interface Counts {
  passed: number;
  failed: number;
}

/** Names the file into which a part of the suite writes its counts. */
const COUNTS_FILE = "SHIM_TEST_COUNTS";

/** Those that run beside the others: tests wait more than they work, and a machine has two processors at least. */
const ASIDE = [
  "cri",
  "commands",
  "compared",
  "examples",
  "namespaces",
  "options",
  "streams",
  "unit",
]
  .map((name) => `tests/${name}`);

if (!inPrivateMounts()) {
  await prepare();
  if (Deno.args.length === 0) await runAll();
}
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
finish({ passed, failed });

/** Runs all tests, in two processes; what the one of the tests aside prints comes behind. */
async function runAll(): Promise<never> {
  const folder = await Deno.makeTempDir({ prefix: "suite-" });
  const binary = await copyTested(folder);
  const command = (name: string, args: readonly string[], output: "inherit" | "piped") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", import.meta.filename!, ...args],
      env: { [COUNTS_FILE]: `${folder}/${name}`, ...binary && { SHIM_BINARY: binary } },
      stdout: output,
      stderr: output,
    }).spawn();
  const aside = command("aside", ASIDE, "piped");
  const others = command("others", [`--ignore=${ASIDE}`], "inherit");
  const parts = [others, aside];
  const interruption = onInterruption((signal) => parts.forEach((part) => part.kill(signal)));
  const [, { stdout, stderr }] = await Promise.all([others.status, aside.output()]);
  for (const printed of [stdout, stderr]) console.log(new TextDecoder().decode(printed));
  const counts = await Promise.all(
    ["others", "aside"].map((name) => readCounts(`${folder}/${name}`)),
  );
  await Deno.remove(folder, { recursive: true });
  if (interruption.aborted) Deno.exit(130);
  return finish({
    passed: counts[0].passed + counts[1].passed,
    failed: counts[0].failed + counts[1].failed,
  });
}

/**
 * Copies the shim under test: the test of `task install` builds it anew, which to the other part's servers would be an upgrade.
 * @returns The path of the copy; undefined where SHIM_RUNTIME alone says what is tested.
 */
async function copyTested(folder: string): Promise<string | undefined> {
  const binary = Deno.env.get("SHIM_BINARY");
  if (binary === undefined) return undefined;
  // Rootless users execute it, too.
  await Deno.chmod(folder, 0o755);
  const copy = join(folder, basename(binary));
  await Deno.copyFile(binary, copy);
  return copy;
}

/** Of a part that has ended before it could count anything something has failed. */
async function readCounts(path: string): Promise<Counts> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Tells the counts, to who runs this as a part or as the last line, and exits. */
function finish(counts: Counts): never {
  const file = Deno.env.get(COUNTS_FILE);
  if (file === undefined) console.log(`${counts.passed} passed, ${counts.failed} failed`);
  else Deno.writeTextFileSync(file, JSON.stringify(counts));
  Deno.exit(counts.failed === 0 ? 0 : 1);
}

/** Counts the tests in a report in JUnit's format, as `deno test` writes it; it is empty where none ran. */
async function readReport(path: string): Promise<Counts> {
  const report = await Deno.readTextFile(path);
  const tests = report.match(/<testcase /g)?.length ?? 0;
  const failed = report.match(/<failure /g)?.length ?? 0;
  const ignored = report.match(/<skipped/g)?.length ?? 0;
  return { passed: tests - failed - ignored, failed };
}
