/**
 * `deno task test [arguments of deno test]`: sees to what is needed, builds, and runs the tests in private
 * mounts; all of them in two parts at the same time. Where SHIM_BINARY or SHIM_RUNTIME names the shim under test, nothing is built. A
 * test's containers have servers of their own, which must be gone with them; with SHIM_SPARE=on servers may stay as spares.
 *
 * What failed is told once more at the end, and the last line is `N passed, N failed`. The exit code is 0 when nothing failed and nothing
 * was left behind.
 */
import { basename, join } from "@std/path";
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { enterPrivateMounts, inPrivateMounts } from "../../tests/harness/machine/private_mounts.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "../../tests/harness/suite/leaks.ts";
import { prepare } from "./prepare.ts";
import { readReport, type Result } from "./report.ts";

/** Names the file into which a part of the suite writes its result. */
const RESULT_FILE = "SHIM_TEST_RESULT";

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
  // Types are for `deno check`, which does them all in one go.
  args: ["test", "--allow-all", "--no-check", `--junit-path=${report}`, ...Deno.args],
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

const result = await readReport(report);
await Deno.remove(report);
await expectNoLeaks(before).catch((error) => {
  result.failures.push(`after all tests: ${error.message}`);
});
// A file that can't be loaded is in no report.
if (!success && result.failures.length === 0) result.failures.push("not every test could be run");
finish(result);

/** Runs all tests, in two processes; what the one of the tests aside prints comes behind. */
async function runAll(): Promise<never> {
  const folder = await Deno.makeTempDir({ prefix: "suite-" });
  const binary = await copyTested(folder);
  const command = (name: string, args: readonly string[], output: "inherit" | "piped") =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", import.meta.filename!, ...args],
      env: { [RESULT_FILE]: `${folder}/${name}`, ...binary && { SHIM_BINARY: binary } },
      stdout: output,
      stderr: output,
    }).spawn();
  const aside = command("aside", ASIDE, "piped");
  const others = command("others", [`--ignore=${ASIDE}`], "inherit");
  const parts = [others, aside];
  const interruption = onInterruption((signal) => parts.forEach((part) => part.kill(signal)));
  const [, { stdout, stderr }] = await Promise.all([others.status, aside.output()]);
  for (const printed of [stdout, stderr]) console.log(new TextDecoder().decode(printed));
  const results = await Promise.all(
    ["others", "aside"].map((name) => readResult(`${folder}/${name}`)),
  );
  await Deno.remove(folder, { recursive: true });
  if (interruption.aborted) Deno.exit(130);
  return finish({
    passed: results[0].passed + results[1].passed,
    failures: results.flatMap(({ failures }) => failures),
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

/** Of a part that has ended before it could write its result something has failed. */
async function readResult(path: string): Promise<Result> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch {
    return { passed: 0, failures: [`${basename(path)}: ended before its tests did`] };
  }
}

/** Tells the result, to who runs this as a part or as the last lines, and exits. */
function finish(result: Result): never {
  const { passed, failures } = result;
  const file = Deno.env.get(RESULT_FILE);
  if (file === undefined) {
    for (const failure of failures) console.log(`FAILED: ${failure}\n`);
    console.log(`${passed} passed, ${failures.length} failed`);
  } else Deno.writeTextFileSync(file, JSON.stringify(result));
  Deno.exit(failures.length === 0 ? 0 : 1);
}
