import { privateMemory } from "../../tests/harness/machine/processes.ts";
import type { Bench, Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import type { Stage } from "../harness/stage.ts";
import { processorTime } from "../harness/usage.ts";

const SOME = 300;
/** What a server does when nobody asks for anything is done by then, in ms. */
const QUIET_MS = 3_000;

const FRESH = row("fresh", 9);
const RUNNING = row("with a container");
const AFTER_SOME = row(`after ${SOME} execs`, 10);
const AFTER_MANY = row("after many execs", 12);
const PROCESSOR: Row = { name: "- CPU of the server for one of these execs", unit: "ms" };

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
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    results.add(row, stage.column, privateMemory(container.pid));
  };
  await container.start();
  await container.connect();
  await add(FRESH);
  await container.create();
  await container.startProcess();
  await add(RUNNING);
  const used = processorTime(container.pid);
  await execute(container, 0, SOME);
  await add(AFTER_SOME);
  results.add(PROCESSOR, stage.column, (processorTime(container.pid) - used) / SOME);
  if (execs <= SOME) return;
  await execute(container, SOME, execs);
  await add(AFTER_MANY);
}

/** Runs `true` in it, once after the other. */
async function execute(container: Container, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await container.execTrue(`exec-${index}`);
}

function row(when: string, valueAtMost?: number): Row {
  const goal = valueAtMost === undefined ? undefined : { valueAtMost };
  return { name: `private memory of a server, ${when}`, unit: "MiB", goal };
}
