/**
 * `deno task test:matrix [arguments of deno test]`: runs the tests with each containerd that the shim is for, with older and newer runc
 * and crun, and through upgrades. The programs are those of Debian's suites, unpacked into `.cache`; nothing is installed but what
 * `deno task test` needs.
 *
 * Some combinations are tested at the same time, each in private mounts. A row for each tells its counts; what it has printed is in
 * `.cache/matrix`. The last line is `N passed, N failed`. The exit code is 0 when nothing failed.
 */
import { onInterruption } from "../../tests/harness/machine/interruption.ts";
import { searchPath, type Suite, unpack } from "../../tests/harness/machine/packages.ts";
import { readVersion } from "../../tests/harness/machine/programs.ts";
import { REPOSITORY } from "../../tests/harness/machine/repository.ts";
import { prepare } from "./prepare.ts";

const LOGS = `${REPOSITORY}.cache/matrix`;
/** Tests wait more than they work, so there is a processor for each and some time left. */
const AT_ONCE = Math.max(1, navigator.hardwareConcurrency - 1);
const SHORT_LIVES = "200";
/** Tests that see what a protocol does: calls that wait, end and fail, containerd's restart, a shim of many containers. */
const PROTOCOL_TESTS = [
  "tests/ctr/run_test.ts",
  "tests/ctr/exec_test.ts",
  "tests/ctr/task_events_test.ts",
  "tests/ctr/task_kill_test.ts",
  "tests/ctr/task_rm_test.ts",
  "tests/reliability/restart_test.ts",
  "tests/reliability/abandoned_test.ts",
  "tests/ctr/group_test.ts",
];

/** What is tested, and with which programs. */
interface Combination {
  /** The versions of containerd, runc and crun. */
  readonly versions: string[];
  readonly env: Record<string, string>;
  /** The arguments of deno test. */
  readonly args: string[];
}

interface Counts {
  passed: number;
  failed: number;
  ignored: number;
}

await prepare();
// Those that take longest first.
const combinations = [
  await combine("bookworm", "bookworm", "bookworm"),
  await combine("trixie", "trixie", "trixie"),
  await combine("forky", "forky", "forky"),
  await combine("bookworm", "forky", "forky"),
  // crun of bookworm refuses the OCI version that containerd of forky writes into its specs.
  await combine("forky", "bookworm", "trixie"),
  await combineUpgrades("bookworm", "trixie", "forky"),
  // The only one that can use a shim by gRPC; see README.md.
  await combineGrpc("trixie"),
];
await Deno.mkdir(LOGS, { recursive: true });

const running = new Set<Deno.ChildProcess>();
const interruption = onInterruption((signal) => {
  for (const child of running) child.kill(signal);
});
const total = { passed: 0, failed: 0 };
const remaining = combinations.values();
printRow(["containerd", "runc", "crun"], ["passed", "failed", "ignored", "minutes"]);
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (const combination of remaining) {
    if (interruption.aborted) return;
    const { passed, failed } = await test(combination);
    total.passed += passed;
    total.failed += failed;
  }
}));
if (interruption.aborted) Deno.exit(130);
console.log(`${total.passed} passed, ${total.failed} failed`);
Deno.exit(total.failed === 0 ? 0 : 1);

/** All tests with the programs of these suites. */
async function combine(containerd: Suite, runc: Suite, crun: Suite): Promise<Combination> {
  const programs = await Promise.all([
    unpack(containerd, ["containerd"]),
    unpack(runc, ["runc"]),
    unpack(crun, ["crun"]),
  ]);
  const path = searchPath(...programs);
  const versions = ["containerd", "runc", "crun"].map((name) => readVersion(name, path));
  return { versions, env: { PATH: path }, args: Deno.args };
}

/** The tests that put containerd and runc of each suite in the place of those of another one. */
async function combineUpgrades(...suites: Suite[]): Promise<Combination> {
  const folders = await Promise.all(suites.map((suite) => unpack(suite, ["containerd", "runc"])));
  const versions = ["containerd", "runc"].map((name) =>
    folders.map((folder) => readVersion(name, searchPath(folder))).join(" → ")
  );
  const env = { CONTAINERD_FOLDERS: folders.join(":") };
  const args = ["tests/reliability/upgrade_test.ts", "tests/reliability/pod_upgrade_test.ts"];
  return { versions: [...versions, ""], env, args };
}

/** The tests of what depends on the protocol, by gRPC, with the containerd of a suite. */
async function combineGrpc(containerd: Suite): Promise<Combination> {
  const path = searchPath(await unpack(containerd, ["containerd"]));
  const env = { PATH: path, SHIM_PROTOCOL: "grpc" };
  return {
    versions: [`${readVersion("containerd", path)} by gRPC`, "", ""],
    env,
    args: PROTOCOL_TESTS,
  };
}

/** Tests a combination, and prints its row. */
async function test({ versions, env, args }: Combination): Promise<Counts> {
  const log = `${LOGS}/${versions.filter(Boolean).join("_").replaceAll(" → ", "-")}.log`;
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", `${REPOSITORY}tools/test/suite.ts`, ...args],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", SHIM_TEST_LIVES: SHORT_LIVES, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  const written = await Deno.open(log, { write: true, create: true, truncate: true });
  const write = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const bytes of stream) await written.write(bytes);
  };
  const [{ success }] = await Promise.all([child.status, write(child.stdout), write(child.stderr)]);
  running.delete(child);
  written.close();

  const text = await Deno.readTextFile(log);
  const counts = readCounts(text, success);
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  printRow(versions, [...Object.values(counts).map(String), minutes]);
  if (counts.failed > 0) console.log([...listFailures(text), `  see ${log}`].join("\n"));
  return counts;
}

/** The last line is ours, the one of deno test like `ok | 12 passed (4 steps) | 0 failed | 1 ignored (3s)`. */
function readCounts(log: string, success: boolean): Counts {
  const [, passed = 0, failed = 0] = log.match(/^(\d+) passed, (\d+) failed$/m) ?? [];
  const ignored = Number(log.match(/^.* passed .* (\d+) ignored \(.*\)$/m)?.[1] ?? 0);
  return { passed: Number(passed), failed: Math.max(Number(failed), success ? 0 : 1), ignored };
}

/** The tests that deno test lists after its heading FAILURES. */
function listFailures(log: string): string[] {
  const list = log.split(/^ FAILURES $/m)[1]?.split(/^FAILED \|/m)[0].trim();
  return list?.split("\n").map((line) => `  failed: ${line.replace(/ => \S+$/, "")}`) ?? [];
}

function printRow(versions: string[], counts: string[]): void {
  const widths = [24, 24, 12];
  const left = versions.map((text, index) => text.padEnd(widths[index]));
  console.log(left.join("") + counts.map((text) => text.padStart(9)).join(""));
}
