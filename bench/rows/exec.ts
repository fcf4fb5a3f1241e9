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
      const box = boxes.on(stage);
      await round.time(ONE, () => box.execTrue(round.id));
      const ids = Array.from({ length: AT_ONCE }, (_, index) => `${round.id}-${index}`);
      await round.time(MANY, async () => void await Promise.all(ids.map((id) => box.execTrue(id))));
    });
  },
};
