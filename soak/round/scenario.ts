import type { PrivateContainerd } from "../../tests/harness/containerd/private_containerd.ts";
import type { Findings } from "./findings.ts";
import type { Random } from "./random.ts";

/** The container of a round, where it has but one that matters. */
export const ID = "box";

/** What a round of a scenario works with. */
export interface Round {
  /** It runs when the round begins, and has no container in its namespace. */
  readonly containerd: PrivateContainerd;
  /** All that is left to chance is asked of it, so that the round can be done again by its seed. */
  readonly random: Random;
  readonly findings: Findings;
  /** When the scenario's time is over, as performance.now() tells it: a round that repeats something ends by then. */
  readonly deadline: number;
}

/** A way to break things. */
export interface Scenario {
  readonly name: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** How long a round may take, in seconds, before it counts as hung; 120 where not given. */
  readonly bound?: number;
  /** Only the first round is worth anything: it does as much as there is time for. */
  readonly once?: boolean;
  /**
   * Does a round. It removes what it has made, and notes what is wrong; what it throws is noted as well. What it leaves behind is
   * found by who called it.
   */
  round(round: Round): Promise<void>;
}
