/**
 * `deno task bench [--rounds N] [--json FILE] [--containerd VERSION] [--idle SECONDS] [--execs N] [rows …]`: what containers cost with
 * the Go shim and with ours, in one run, in turn; medians. Without arguments it takes some five minutes.
 *
 * - `--rounds`: how often what takes little time is measured; what takes long is measured less often.
 * - `--json`: a file for all of it as JSON.
 * - `--containerd`: `1.6`, `1.7` or `2.1`, whose Go shim and runc are measured; default: the machine's.
 * - `--idle`: for how many seconds idle servers are watched.
 * - `--execs`: the memory is measured once more after so many execs (10000 take some minutes).
 * - rows: the names of rows that are measured together, such as `life`; default: all but `pods` (with containerd 2.1, where the
 *   machine's is older than 2; without a pause container with 2.3) and `wasi` (examples/wasi beside the Go shim and runc).
 *
 * SHIM_BINARY names another file to measure as ours.
 */
import { parseArgs } from "@std/cli/parse-args";
import { enterPrivateMounts, inPrivateMounts } from "../tests/harness/machine/private_mounts.ts";
import { expectProgram, readVersion } from "../tests/harness/machine/programs.ts";
import { fail } from "../tools/common/fail.ts";
import { runPrivately } from "../tools/common/private_run.ts";
import { chooseContainerd } from "../tools/test/choose_containerd.ts";
import { prepare } from "../tools/test/prepare.ts";
import { Bench, type Family } from "./harness/bench.ts";
import { describeMachine, describePrograms, majorVersionOf } from "./harness/machine.ts";
import { Results } from "./harness/results.ts";
import { Stage } from "./harness/stage.ts";
import { byte } from "./rows/byte.ts";
import { calls } from "./rows/calls.ts";
import { exec } from "./rows/exec.ts";
import { exit } from "./rows/exit.ts";
import { cpu } from "./rows/cpu.ts";
import { ctr } from "./rows/ctr.ts";
import { idle } from "./rows/idle.ts";
import { life } from "./rows/life.ts";
import { many, shared } from "./rows/many.ts";
import { memory } from "./rows/memory.ts";
import { pods } from "./rows/pods.ts";
import { throughput } from "./rows/throughput.ts";
import { wasi } from "./rows/wasi.ts";

const FAMILIES: readonly Family[] = [
  life,
  cpu,
  exec,
  exit,
  calls,
  byte,
  throughput,
  many,
  shared,
  memory,
  idle,
  ctr,
];

/** Those that take long, or need another containerd, and those of an example's shim: measured only where they are chosen. */
const EXTRA: readonly Family[] = [pods, wasi];

const options = parseArgs(Deno.args, {
  string: ["rounds", "json", "containerd", "idle", "execs", "_"],
  default: { rounds: "10", idle: "60", execs: "0" },
  unknown: (_: string, name?: string) => name === undefined || fail(`unknown option --${name}`),
});
const rounds = readNumber("rounds", 1);
const idleSeconds = readNumber("idle", 1);
const execs = readNumber("execs", 0);
const all = [...FAMILIES, ...EXTRA];
const names = all.map(({ name }) => name);
const chosen: readonly Family[] = options._.length === 0
  ? FAMILIES
  : options._.map((name: string | number) =>
    all.find((family) => family.name === name) ??
      fail(`expected rows, not ${name}: ${names.join(", ")}`)
  );

// Both shims are measured, whichever is under test.
Deno.env.delete("SHIM_RUNTIME");
if (!inPrivateMounts()) {
  await prepare();
  const containerd = options.containerd ?? newerNeeded();
  if (containerd !== undefined) await chooseContainerd(containerd);
}
await enterPrivateMounts();

await runPrivately(async () => {
  const go = expectProgram("containerd-shim-runc-v2");
  const ours = Deno.env.get("SHIM_BINARY")!;
  const results = new Results(majorVersionOf(go) >= 2);
  const begin = new Date();
  {
    await using goStage = await Stage.make("Go", { name: "io.containerd.runc.v2", binary: go });
    await using ourStage = await Stage.make("ours", { name: "io.containerd.ts.v2", binary: ours });
    const bench = new Bench([goStage, ourStage], results, rounds, idleSeconds, execs);
    for (const family of chosen) {
      const begin = performance.now();
      await family.measure(bench);
      console.error(`${family.name}: ${Math.round((performance.now() - begin) / 1000)} s`);
    }
  }
  const about = {
    date: begin.toISOString().slice(0, 10),
    machine: describeMachine(),
    programs: describePrograms(go),
    rounds,
  };
  console.log(`\n${about.date}, ${about.machine}; ${about.programs}. ${rounds} rounds, medians.\n`);
  console.log(results.table());
  if (options.json !== undefined) {
    const json = JSON.stringify({ ...about, rows: results.lines() }, null, 2);
    await Deno.writeTextFile(options.json, `${json}\n`);
  }
});

/** What the chosen rows are measured with, where the machine's containerd is too old for them. */
function newerNeeded(): string | undefined {
  const here = readVersion("containerd");
  return chosen.find(({ containerd = "0" }) => Number(here.split(".")[0]) < parseInt(containerd))
    ?.containerd;
}

function readNumber(name: "rounds" | "idle" | "execs", least: number): number {
  const number = Number(options[name]);
  if (Number.isInteger(number) && number >= least) return number;
  fail(`expected a whole number of ${least} or more for --${name}, got ${options[name]}`);
}
