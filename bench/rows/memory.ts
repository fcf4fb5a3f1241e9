import { privateMemory } from "../../tests/harness/machine/processes.ts";
import type { Bench, Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import type { Stage } from "../harness/stage.ts";
import { processorTime, untilQuiet } from "../harness/usage.ts";

const SOME = 300;
const STATS = 1_000;

const FRESH = row("fresh", 9);
const RUNNING = row("with a container");
const AFTER_SOME = row(`after ${SOME} execs`, 10);
const EXEC_PROCESSOR = processorRow("an exec");
const STATS_PROCESSOR = processorRow("a Stats");

/** What one server has to itself, when it is idle. It was no spare before. */
export const memory: Family = {
  name: "memory",
  async measure(bench) {
    await Promise.all(bench.stages.map((stage) => measureOn(stage, bench)));
  },
};

async function measureOn(stage: Stage, { results, execs }: Bench): Promise<void> {
  await using container = await Container.prepare(stage, "memory", { spare: false });
  const add = async (row: Row) => {
    await untilQuiet();
    results.add(row, stage.column, privateMemory(container.pid));
  };
  await container.start();
  await container.connect();
  await add(FRESH);
  await container.create();
  await container.startProcess();
  await add(RUNNING);
  const processor = async (row: Row, count: number, work: () => Promise<void>) => {
    const used = processorTime(container.pid);
    await work();
    results.add(row, stage.column, (processorTime(container.pid) - used) / count);
  };
  await processor(EXEC_PROCESSOR, SOME, () => execute(container, 0, SOME));
  await add(AFTER_SOME);
  await processor(STATS_PROCESSOR, STATS, async () => {
    for (let time = 0; time < STATS; time++) await container.stats();
  });
  if (execs <= SOME) return;
  await execute(container, SOME, execs);
  await add(row(`after ${execs} execs`, 12));
}

/** Runs `true` in it, once after the other. */
async function execute(container: Container, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await container.execTrue(`exec-${index}`);
}

function processorRow(call: string): Row {
  return { name: `CPU of the server for ${call}`, unit: "ms" };
}

function row(when: string, valueAtMost?: number): Row {
  const goal = valueAtMost === undefined ? undefined : { valueAtMost };
  return { name: `private memory of a server, ${when}`, unit: "MiB", goal };
}
