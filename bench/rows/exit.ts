import type { Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";

const FRESH = rows("a fresh server", 1);
const WARM = rows("a warm server", 0.8);

/**
 * From a SIGKILL for init to what is told of it. A server that has been a spare is warm; where there is none, as with the Go shim, both
 * are fresh ones.
 */
export const exit: Family = {
  name: "exit",
  async measure(bench) {
    await bench.inRounds(bench.rounds, async (stage, round) => {
      for (const [spare, rows] of [[false, FRESH], [true, WARM]] as const) {
        const container = await Container.prepare(stage, `${round.id}-${spare}`, { spare });
        await container.start();
        await container.connect();
        const init = await container.create();
        await container.startProcess();
        const told = (topic: string) =>
          stage.events.until(({ envelope, subject }) =>
            envelope.topic === topic && subject === container.id
          );
        // What came before the exit is not to be in its way.
        await told("/tasks/start");
        const waited = container.wait();
        await container.stats();
        const begin = performance.now();
        const add = (row: Row) => round.add(row, performance.now() - begin);
        Deno.kill(init, "SIGKILL");
        await Promise.all([
          told("/tasks/exit").then(() => add(rows.event)),
          waited.then(() => add(rows.wait)),
        ]);
        await container.delete();
        await container.remove();
      }
    });
  },
};

function rows(where: string, ratioAtMost: number): { event: Row; wait: Row } {
  const row = (what: string): Row => ({
    name: `kill -9 of init to ${what}, ${where}`,
    unit: "ms",
    goal: { ratioAtMost },
  });
  return { event: row("exit event"), wait: row("Wait") };
}
