import type { PrivateContainerd } from "../tests/harness/containerd/private_containerd.ts";
import { DirectShim } from "./direct_shim.ts";
import { Measurements } from "./measurements.ts";
import { type Competitor, inRounds } from "./rounds.ts";

/** Measures each phase of a life without containerd in between, and then the private memory of a server, in MiB. */
export async function measureByTtrpc(
  containerd: PrivateContainerd,
  competitors: readonly Competitor[],
  rounds: number,
): Promise<{ phases: Measurements; memory: Measurements }> {
  const boxes = new Map<string, DirectShim>();
  for (const competitor of competitors) {
    const { column } = competitor;
    const box = await DirectShim.prepare(containerd, competitor, column, "sleep", "1000");
    boxes.set(column, box);
    await box.start();
    await box.connect();
    await box.create();
    await box.startProcess();
  }
  const phases = await inRounds(competitors, rounds, async (competitor, id, measured) => {
    const { column } = competitor;
    const time = (row: string, work: () => Promise<void>) => measured.time(row, column, work);
    const shim = await DirectShim.prepare(containerd, competitor, id, "true");
    await time("the life of true", async () => {
      await time("  action start", () => shim.start());
      await time("  connection, Connect", () => shim.connect());
      await time("  Create", () => shim.create());
      await time("  Start", () => shim.startProcess());
      await time("  Wait", () => shim.wait());
      await time("  Delete", () => shim.deleteProcess());
      await time("  Shutdown, until it closes", () => shim.shutdown());
      await time("  action delete", () => shim.cleanUp());
    });
    await shim.remove();
    await time("Exec of true, until its Delete", () => boxes.get(column)!.execute(id));
  });
  const memory = new Measurements(competitors.map(({ column }) => column));
  for (const [column, box] of boxes) {
    memory.add("an idle server, one container", column, privateMemory(await box.pid()));
    await box.kill();
    await box.wait();
    await box.deleteProcess();
    await box.shutdown();
    await box.cleanUp();
    await box.remove();
  }
  return { phases, memory };
}

/** What a process has written to and shares with nobody (proc(5), smaps_rollup), in MiB. */
function privateMemory(pid: number): number {
  const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(rollup.match(/^Private_Dirty: +(\d+) kB$/m)![1]) / 1024;
}
