import {
  expectSuccess,
  PrivateContainerd,
} from "../../tests/harness/containerd/private_containerd.ts";
import { busyboxImage } from "../../tests/harness/machine/busybox.ts";
import type { Family } from "../harness/bench.ts";
import type { Row } from "../harness/results.ts";

const LIFE: Row = { name: "`ctr run --rm … true`", unit: "ms" };
const EXEC: Row = { name: "`ctr task exec … true`", unit: "ms" };

/** Whole runs of ctr, with containerd's time and its own. */
export const ctr: Family = {
  name: "ctr",
  async measure(bench) {
    await using containerd = await PrivateContainerd.start(
      bench.stages.map(({ runtime }) => runtime),
    );
    const ctr = async (...args: string[]) => void expectSuccess(await containerd.ctr(...args));
    const run = (name: string, ...args: string[]) => ctr("run", "--runtime", name, ...args);
    for (const { runtime: { name }, column } of bench.stages) {
      await run(name, "--detach", busyboxImage, column, "sleep", "1000");
    }
    await bench.inRounds(bench.rounds, async ({ runtime: { name }, column }, round) => {
      await round.time(LIFE, () => run(name, "--rm", busyboxImage, round.id, "true"));
      const exec = ["task", "exec", "--exec-id", round.id, column, "true"];
      await round.time(EXEC, () => ctr(...exec));
    });
    await containerd.remove(...bench.stages.map(({ column }) => column));
  },
};
