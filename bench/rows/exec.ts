import type { Family } from "../harness/bench.ts";
import type { Row } from "../harness/results.ts";

const AT_ONCE = 20;

const ONE: Row = { name: "exec of `true`", unit: "ms", goal: { ratioAtMost: 1 } };
const MANY: Row = {
  name: `${AT_ONCE} execs at once`,
  unit: "ms",
  goal: { ratioAtMost: 0.55, since2: 1 },
};

/** From Exec to Delete. */
export const exec: Family = {
  name: "exec",
  async measure(bench) {
    await using boxes = await bench.boxes();
    await bench.inRounds(bench.rounds, async (stage, round) => {
      await round.time(ONE, () => boxes.on(stage).execTrue(round.id));
    });
    await bench.inRounds(Math.ceil(bench.rounds / 2), async (stage, round) => {
      const ids = Array.from({ length: AT_ONCE }, (_, index) => `${round.id}-${index}`);
      const execute = (id: string) => boxes.on(stage).execTrue(id);
      await round.time(MANY, async () => void await Promise.all(ids.map(execute)));
    });
  },
};
