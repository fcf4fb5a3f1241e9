import type { Runtime } from "../tests/harness/containerd/private_containerd.ts";
import { Measurements } from "./measurements.ts";

/** A shim to measure. */
export interface Competitor extends Runtime {
  /** Its column in the tables. */
  readonly column: string;
}

/** What a round does with one competitor: `id` is free for a container's, or an exec's. */
export type Round = (
  competitor: Competitor,
  id: string,
  measured: Measurements,
) => Promise<void>;

/**
 * Does the same for all competitors in each round, in this order in one round and in the reverse in the next. What the very first
 * round measures is thrown away.
 */
export async function inRounds(
  competitors: readonly Competitor[],
  rounds: number,
  work: Round,
): Promise<Measurements> {
  const columns = competitors.map(({ column }) => column);
  const measured = new Measurements(columns);
  for (let round = 0; round <= rounds; round++) {
    for (const competitor of round % 2 === 0 ? competitors : competitors.toReversed()) {
      const into = round === 0 ? new Measurements(columns) : measured;
      await work(competitor, `${competitor.column}-${round}`, into);
    }
  }
  return measured;
}
