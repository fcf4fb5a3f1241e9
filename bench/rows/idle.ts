import type { Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import type { Stage } from "../harness/stage.ts";
import { processorTime, switchesOf, untilQuiet } from "../harness/usage.ts";

const LOOK_MS = 1_000;

const WAKE_UPS: Row = {
  name: "wake-ups of an idle server",
  unit: "1/min",
  goal: { ratioAtMost: 1 },
};
const PROCESSOR: Row = {
  name: "CPU of an idle server",
  unit: "ms/min",
  goal: { ratioAtMost: 1 },
};

/** A server with a container in which nothing happens; both at the same time. */
export const idle: Family = {
  name: "idle",
  async measure({ stages, results, idleSeconds }) {
    await Promise.all(stages.map(async (stage: Stage) => {
      await using container = await Container.run(stage, "idle");
      const { pid } = container;
      await untilQuiet();
      const used = processorTime(pid);
      const begin = performance.now();
      const wakeUps = await countWakeUps(pid, idleSeconds);
      const minutes = (performance.now() - begin) / 60_000;
      results.add(WAKE_UPS, stage.column, wakeUps / minutes);
      results.add(PROCESSOR, stage.column, (processorTime(pid) - used) / minutes);
    }));
  },
};

/** Looks each second: threads come and go, and what is counted goes with them. */
async function countWakeUps(pid: number, seconds: number): Promise<number> {
  let count = 0;
  let before = switchesOf(pid);
  for (let second = 0; second < seconds; second++) {
    await sleep(LOOK_MS);
    const now = switchesOf(pid);
    for (const [thread, switches] of now) count += switches - (before.get(thread) ?? 0);
    before = now;
  }
  return count;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
