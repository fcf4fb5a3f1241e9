/**
 * `deno task soak [--minutes N] [--rounds N] [--seed N] [--containerd VERSION] [scenario …]`: breaks things at random moments, and
 * counts what was lost, left, hung, wrong or doubled. See docs/reliability.md.
 *
 * It runs in mount and PID namespaces of its own, so that all that is left is found. SHIM_RUNTIME and SHIM_BINARY name another shim,
 * as for `deno task test`. The last line is `N passed, N failed`, of rounds. The exit code is 0 when nothing was found.
 */
import { parseArgs } from "@std/cli/parse-args";
import { runtimeUnderTest } from "../tests/harness/containerd/private_containerd.ts";
import { enterPrivateMounts, inPrivateMounts } from "../tests/harness/machine/private_mounts.ts";
import { readVersion } from "../tests/harness/machine/programs.ts";
import { removeTraces, takeTraces } from "../tests/harness/suite/leaks.ts";
import { fail } from "../tools/common/fail.ts";
import { chooseContainerd } from "../tools/test/choose_containerd.ts";
import { prepare } from "../tools/test/prepare.ts";
import { KINDS } from "./round/findings.ts";
import { type Outcome, Rounds } from "./rounds.ts";
import { scenarios } from "./scenarios/mod.ts";

const options = parseArgs(Deno.args, {
  string: ["minutes", "rounds", "seed", "containerd"],
  default: { minutes: "2", rounds: "50", seed: "1" },
  unknown: (_: string, name?: string) => name === undefined || fail(`unknown option --${name}`),
});
const minutes = readNumber("minutes", Number.MIN_VALUE);
const rounds = readNumber("rounds", 1);
const seed = readNumber("seed", 0);
const chosen = options._.length === 0
  ? scenarios
  : options._.map((name: string | number) =>
    scenarios.find((scenario) => scenario.name === name) ??
      fail(`expected a scenario, not ${name}: ${scenarios.map(({ name }) => name).join(", ")}`)
  );

// A server that stays as a spare can't be told from one that was left.
if (!Deno.env.has("SHIM_SPARE")) Deno.env.set("SHIM_SPARE", "off");
if (!inPrivateMounts()) {
  await prepare();
  if (options.containerd !== undefined) await chooseContainerd(options.containerd);
}
await enterPrivateMounts({ pidNamespace: true });

const before = takeTraces();
console.log(
  `${runtimeUnderTest().binary} with containerd ${readVersion("containerd")}, runc ${
    readVersion("runc")
  }`,
);
const outcomes: Outcome[] = [];
const end = performance.now() + minutes * 60_000;
{
  await using running = new Rounds();
  for (const [index, scenario] of chosen.entries()) {
    // What one does not need of its share is for the others.
    const seconds = (end - performance.now()) / 1000 / (chosen.length - index);
    const begin = performance.now();
    const outcome = await running.run(scenario, { seed, rounds, seconds });
    outcomes.push(outcome);
    const took = ((performance.now() - begin) / 1000).toFixed(0);
    console.log(`${outcome.name}: ${outcome.rounds} rounds in ${took} s, ${outcome.failed} failed`);
  }
}
await removeTraces(before);
printTable(outcomes);
const total = (count: (outcome: Outcome) => number) =>
  outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
const failed = total((outcome) => outcome.failed);
console.log(`${total((outcome) => outcome.rounds) - failed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

function readNumber(name: "minutes" | "rounds" | "seed", least: number): number {
  const value = Number(options[name]);
  if (value >= least && (name === "minutes" || Number.isInteger(value))) return value;
  fail(`expected a number from ${least} on as --${name}, not ${options[name]}`);
}

function printTable(outcomes: readonly Outcome[]): void {
  const row = (name: string, cells: readonly unknown[]) =>
    name.padEnd(14) + cells.map((cell) => `${cell}`.padStart(9)).join("");
  console.log(`\n${row("scenario", ["rounds", "failed", ...KINDS])}`);
  for (const { name, rounds, failed, counts } of outcomes) {
    console.log(row(name, [rounds, failed, ...KINDS.map((kind) => counts[kind])]));
  }
}
