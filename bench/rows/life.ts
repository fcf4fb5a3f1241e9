import type { Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import { untilQuiet } from "../harness/usage.ts";

const INSTALLED = {
  life: row("life of `true`", { ratioAtMost: 1.25, since2: 1 }),
  ...parts(""),
};
const WITHOUT_SPARE = {
  life: row("life of `true` without the spare", { ratioAtMost: 1.5, since2: 1.2 }),
  ...parts(" without the spare"),
};

const AFTER_A_WHILE = row("life of `true`, a while after the last");

/** From the first call of the shim's program to the last one, in the order in which containerd does it for its clients. */
export const life: Family = {
  name: "life",
  async measure(bench) {
    await bench.inRounds(bench.rounds, async (stage, round) => {
      for (const [spare, rows] of [[true, INSTALLED], [false, WITHOUT_SPARE]] as const) {
        const id = `${round.id}-${spare}`;
        const container = await Container.prepare(stage, id, { command: ["true"], spare });
        await round.time(rows.life, async () => {
          await round.time(rows.boot, () => container.start());
          await round.time(rows.create, async () => {
            await container.connect();
            await container.create();
          });
          await round.time(rows.start, () => container.startProcess());
          await round.time(rows.wait, () => container.wait());
          await round.time(rows.delete, async () => {
            await container.deleteProcess();
            await container.shutDown();
          });
          await round.time(rows.cleanUp, () => container.cleanUp());
        });
        await container.remove();
      }
    });
    // As for who starts a container now and then: the spare has cleaned up, and what it needs is in no cache of the processor.
    await bench.inRounds(Math.ceil(bench.rounds / 2), async (stage, round) => {
      const container = await Container.prepare(stage, round.id, { command: ["true"] });
      await untilQuiet();
      await round.time(AFTER_A_WHILE, () => container.live());
      await container.remove();
    });
  },
};

function parts(suffix: string) {
  return {
    boot: row(`- action start${suffix}`),
    create: row(`- connection, Create${suffix}`),
    start: row(`- Start${suffix}`),
    wait: row(`- Wait${suffix}`),
    delete: row(`- Delete, Shutdown${suffix}`),
    cleanUp: row(`- action delete${suffix}`),
  };
}

function row(name: string, goal?: Row["goal"]): Row {
  return { name, unit: "ms", goal };
}
