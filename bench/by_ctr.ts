import {
  expectSuccess,
  type PrivateContainerd,
} from "../tests/harness/containerd/private_containerd.ts";
import { busyboxImage } from "../tests/harness/machine/busybox.ts";
import type { Measurements } from "./measurements.ts";
import { type Competitor, inRounds } from "./rounds.ts";

/** Measures whole runs of ctr, which includes ctr's and containerd's own time. */
export async function measureByCtr(
  containerd: PrivateContainerd,
  competitors: readonly Competitor[],
  rounds: number,
): Promise<Measurements> {
  const ctr = async (...args: string[]) => void expectSuccess(await containerd.ctr(...args));
  for (const { name, column } of competitors) {
    await ctr("run", "--runtime", name, "--detach", busyboxImage, column, "sleep", "1000");
  }
  const measured = await inRounds(competitors, rounds, async ({ name, column }, id, measured) => {
    const life = ["run", "--runtime", name, "--rm", busyboxImage, id, "true"];
    const exec = ["task", "exec", "--exec-id", id, column, "true"];
    await measured.time("ctr run --rm … true", column, () => ctr(...life));
    await measured.time("ctr task exec … true", column, () => ctr(...exec));
  });
  for (const { column } of competitors) {
    await ctr("task", "rm", "--force", column);
    await ctr("container", "rm", column);
  }
  return measured;
}
