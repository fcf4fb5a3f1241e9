import type { Family } from "../harness/bench.ts";
import { Container } from "../harness/container.ts";
import { CountedCgroup } from "../harness/counted_cgroup.ts";
import type { Row } from "../harness/results.ts";
import { Stage } from "../harness/stage.ts";

/** A spare has cleaned up by then, in ms. */
const QUIET_MS = 1_500;

const INSTALLED: Row = {
  name: "CPU of a life of `true`, all processes",
  unit: "ms",
  goal: { ratioAtMost: 1.6 },
};
const WITHOUT_SPARE: Row = { name: "CPU of a life without the spare", unit: "ms" };

/** `start`, the server, runc, init, `delete`, and what a server does to become the spare. */
export const cpu: Family = {
  name: "cpu",
  async measure(bench) {
    await using go = await CountedStage.of(bench.stages[0]);
    await using ours = await CountedStage.of(bench.stages[1]);
    const counted = new Map([go, ours].map(({ stage, cgroup }) => [stage, cgroup]));
    await bench.inRounds(Math.ceil(bench.rounds / 3), async (stage, round) => {
      const cgroup = counted.get(stage)!;
      for (const [spare, row] of [[true, INSTALLED], [false, WITHOUT_SPARE]] as const) {
        const id = `${round.id}-${spare}`;
        const container = await Container.prepare(stage, id, { command: ["true"], spare });
        const before = cgroup.processorTime();
        await container.start();
        await container.connect();
        await container.create();
        await container.startProcess();
        await container.wait();
        await container.delete();
        if (spare) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        round.add(row, cgroup.processorTime() - before);
        await container.remove();
      }
    }, [...counted.keys()]);
  },
};

/** A stage whose shims are in a cgroup that counts. */
class CountedStage implements AsyncDisposable {
  private constructor(
    readonly stage: Stage,
    readonly cgroup: CountedCgroup,
    private readonly folder: string,
  ) {}

  static async of({ column, runtime }: Stage): Promise<CountedStage> {
    const folder = await Deno.makeTempDir({ prefix: "counted-" });
    const wrapper = `${folder}/shim`;
    const stage = await Stage.make(column, { ...runtime, binary: wrapper });
    const cgroup = new CountedCgroup(stage.namespace);
    cgroup.wrap(runtime.binary, wrapper);
    return new CountedStage(stage, cgroup, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
