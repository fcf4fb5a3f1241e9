/** Rounds of scenarios, one after the other, and what came of them. */
import { PrivateContainerd } from "../tests/harness/containerd/private_containerd.ts";
import { within } from "../tests/harness/expect/within.ts";
import { hangReport } from "../tests/harness/suite/hang_report.ts";
import { expectNoLeaks, removeTraces, takeTraces } from "../tests/harness/suite/leaks.ts";
import { Findings, type Kind, KINDS } from "./round/findings.ts";
import { Random } from "./round/random.ts";
import type { Scenario } from "./round/scenario.ts";

const ROUND_SECONDS = 120;
/** Of a finding, as it is printed. */
const LINES = 12;
const LINE_LENGTH = 250;

/** What the rounds of one scenario are to be. */
export interface Bounds {
  /** The seed of the first round; each further one has the next. */
  readonly seed: number;
  /** How many at most. */
  readonly rounds: number;
  /** For how long a further one is begun. */
  readonly seconds: number;
}

/** What came of a scenario's rounds. */
export interface Outcome {
  readonly name: string;
  rounds: number;
  /** Rounds in which something was found. */
  failed: number;
  readonly counts: Record<Kind, number>;
}

/** Runs scenarios, all with the same containerd as long as nothing is found. */
export class Rounds {
  #containerd: PrivateContainerd | undefined;

  /** At least one round of a scenario, and more until one of its bounds is reached. What is found is printed at once. */
  async run(scenario: Scenario, { seed, rounds, seconds }: Bounds): Promise<Outcome> {
    const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
    const outcome: Outcome = { name: scenario.name, rounds: 0, failed: 0, counts };
    const deadline = performance.now() + seconds * 1000;
    do {
      const { all, doing } = await this.#round(scenario, seed + outcome.rounds, deadline);
      if (all.length > 0) {
        outcome.failed++;
        console.log(`${scenario.name} --seed ${seed + outcome.rounds}: ${doing}`);
      }
      for (const { kind, text } of all) {
        counts[kind]++;
        console.log(`  ${kind}: ${shorten(text).join("\n    ")}`);
      }
      outcome.rounds++;
    } while (!scenario.once && outcome.rounds < rounds && performance.now() < deadline);
    return outcome;
  }

  async #round(scenario: Scenario, seed: number, deadline: number): Promise<Findings> {
    const findings = new Findings();
    const containerd = this.#containerd ??= await PrivateContainerd.start();
    const before = takeTraces();
    const logged = containerd.log.length;
    const seconds = scenario.bound ?? ROUND_SECONDS;
    try {
      const round = { containerd, random: new Random(seed), findings, deadline };
      await within(seconds, "an end of the round", scenario.round(round));
    } catch (error) {
      findings.addError(error);
      if (Deno.env.has("SOAK_DEBUG")) console.log((error as Error).stack, hangReport());
    }
    if (Deno.env.has("SOAK_DEBUG")) console.log(`${seed}: ${findings.doing}`);
    await expectNoLeaks(before).catch((error) => findings.addError(error, "left"));
    if (findings.all.length > 0) {
      if (Deno.env.has("SOAK_DEBUG")) console.log(containerd.log.slice(logged));
      // The next round shall not find what this one has.
      this.#containerd = undefined;
      await removeTraces(before).catch((error) => findings.addError(error, "left"));
      await containerd[Symbol.asyncDispose]();
    }
    return findings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#containerd?.[Symbol.asyncDispose]();
  }
}

/** As many lines as one reads. */
function shorten(text: string): string[] {
  const lines = text.trim().split("\n").map((line) => line.slice(0, LINE_LENGTH));
  if (lines.length <= LINES) return lines;
  return [...lines.slice(0, LINES), `  and ${lines.length - LINES} more`];
}
