import { type Family, Round } from "../harness/bench.ts";
import type { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";

/** In each round. */
const TIMES = 10;
/** The default action of sleep(1) at SIGWINCH is to go on. */
const SIGWINCH = 28;

/** What is called, each with its row. */
const CALLS: readonly [Row, (box: Container) => Promise<unknown>][] = [
  [row("State", 1), (box) => box.tasks.call("State", { id: box.id })],
  [row("Stats", 1), (box) => box.stats()],
  [row("Pause and Resume", 1), async (box) => {
    await box.tasks.call("Pause", { id: box.id });
    await box.tasks.call("Resume", { id: box.id });
  }],
  [row("Pids", 0.15), (box) => box.tasks.call("Pids", { id: box.id })],
  [row("Kill", 0.15), (box) => box.tasks.call("Kill", { id: box.id, signal: SIGWINCH })],
];

/** Calls of the Task service for a running container. */
export const calls: Family = {
  name: "calls",
  async measure(bench) {
    await using boxes = await bench.boxes();
    await bench.inRounds(bench.rounds, async (stage, round) => {
      for (const [row, call] of CALLS) await repeat(round, row, () => call(boxes.on(stage)));
    });
  },
};

async function repeat(round: Round, row: Row, call: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < TIMES; time++) await round.time(row, async () => void await call());
}

function row(name: string, ratioAtMost: number): Row {
  return { name, unit: "ms", goal: { ratioAtMost } };
}
