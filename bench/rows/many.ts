import type { Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import { proportionalMemory } from "../harness/usage.ts";

const COUNT = 50;
const AT_A_TIME = 8;

const START: Row = {
  name: `${COUNT} containers started, ${AT_A_TIME} at a time`,
  unit: "ms",
  goal: { ratioAtMost: 1.1 },
};
const END: Row = {
  name: `${COUNT} containers killed and deleted, ${AT_A_TIME} at a time`,
  unit: "ms",
  goal: { ratioAtMost: 1.1 },
};
const MEMORY: Row = { name: `memory of their ${COUNT} servers (PSS)`, unit: "MiB" };

/** Many containers, each with its server. */
export const many: Family = {
  name: "many",
  async measure(bench) {
    await bench.inRounds(Math.ceil(bench.rounds / 10), async (stage, round) => {
      const containers: Container[] = [];
      for (let index = 0; index < COUNT; index++) {
        containers.push(await Container.prepare(stage, `${round.id}-${index}`));
      }
      await round.time(START, () =>
        forEach(containers, async (container) => {
          await container.start();
          await container.connect();
          await container.create();
          await container.startProcess();
        }));
      const memory = containers.map(({ pid }) => proportionalMemory(pid));
      round.add(MEMORY, memory.reduce((sum, each) => sum + each));
      await round.time(END, () =>
        forEach(containers, async (container) => {
          await container.kill();
          await container.delete();
        }));
      for (const container of containers) await container.remove();
    });
  },
};

/** Does something for all, some of them at a time. */
async function forEach(
  containers: readonly Container[],
  work: (container: Container) => Promise<void>,
): Promise<void> {
  const left = containers.values();
  const workers = Array.from({ length: AT_A_TIME }, async () => {
    for (const container of left) await work(container);
  });
  await Promise.all(workers);
}
