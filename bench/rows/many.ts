import { privateMemory } from "../../tests/harness/machine/processes.ts";
import type { Bench, Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import type { Row } from "../harness/results.ts";
import { proportionalMemory, untilQuiet } from "../harness/usage.ts";

const COUNT = 50;
const AT_A_TIME = 8;
/** How many may share a server, so that one is enough. */
const SHARE = 64;

/** What is measured of many containers. */
interface Rows {
  readonly start: Row;
  readonly end: Row;
  /** What is shared by several counts for each in part: so it depends on who else runs on the machine. */
  readonly memory: Row;
  /** What the servers have to themselves. */
  readonly privateMemory: Row;
  /** The life of `true` beside them; not measured without it. */
  readonly further?: Row;
}

const ALONE: Rows = {
  start: timeRow(`${COUNT} containers started, ${AT_A_TIME} at a time`, 1.1),
  memory: { name: `memory of their ${COUNT} servers (PSS)`, unit: "MiB" },
  privateMemory: { name: `private memory of their ${COUNT} servers`, unit: "MiB" },
  end: timeRow(`${COUNT} containers killed and deleted, ${AT_A_TIME} at a time`, 1.1),
};
const SHARED: Rows = {
  start: timeRow(`${COUNT} containers in shared servers started, ${AT_A_TIME} at a time`, 1.1),
  memory: { name: "memory of their shared servers (PSS)", unit: "MiB" },
  privateMemory: {
    name: "private memory of their shared servers",
    unit: "MiB",
    goal: { ratioAtMost: 0.2 },
  },
  further: timeRow("life of `true`, beside them in a shared server", 1.1),
  end: timeRow(
    `${COUNT} containers in shared servers killed and deleted, ${AT_A_TIME} at a time`,
    1.1,
  ),
};

/** Many containers, each with its server. */
export const many: Family = { name: "many", measure: (bench) => measure(bench, ALONE) };

/** Many containers that share a server; each has its own with the Go shim. */
export const shared: Family = { name: "shared", measure: (bench) => measure(bench, SHARED, SHARE) };

async function measure(bench: Bench, rows: Rows, share?: number): Promise<void> {
  await bench.inRounds(Math.ceil(bench.rounds / 10), async (stage, round) => {
    const prepare = (id: string, command?: string[]) =>
      Container.prepare(stage, `${round.id}-${id}`, { command, share });
    const containers: Container[] = [];
    for (let index = 0; index < COUNT; index++) containers.push(await prepare(`${index}`));
    await round.time(rows.start, () =>
      forEach(containers, async (container) => {
        await container.start();
        await container.connect();
        await container.create();
        await container.startProcess();
      }));
    const servers = [...new Set(containers.map(({ pid }) => pid))];
    await untilQuiet();
    round.add(rows.memory, sumOf(servers.map(proportionalMemory)));
    round.add(rows.privateMemory, sumOf(servers.map(privateMemory)));
    for (let index = 0; rows.further !== undefined && index < bench.rounds; index++) {
      const container = await prepare(`further-${index}`, ["true"]);
      await round.time(rows.further, () => container.live());
      await container.remove();
    }
    await round.time(rows.end, () =>
      forEach(containers, async (container) => {
        await container.kill();
        await container.delete();
      }));
    for (const container of containers) await container.remove();
  });
}

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

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each);
}

function timeRow(name: string, ratioAtMost: number): Row {
  return { name, unit: "ms", goal: { ratioAtMost } };
}
