/** What a server has of memory when it is asked for nothing, or for little. */
import { sleep } from "../../shim/common/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { privateMemory } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

/** How often it is asked for statistics, in ms: CRI does so each second, for each container of a pod. */
const ASKED = { "nobody asks for anything": Infinity, "statistics are asked for": 300 };

for (const [asked, everyMs] of Object.entries(ASKED)) {
  testBetterThanGo(`a server gives back memory when ${asked}`, async (containerd) => {
    const shim = await DirectShim.run(containerd, "box");
    // On a busy machine it may find a quiet moment in the middle.
    let most = 0;
    for (let index = 0; index < 20; index++) {
      const execId = `exec-${index}`;
      await shim.exec(execId, ["true"]);
      await shim.tasks.call("Wait", { id: "box", execId });
      most = Math.max(most, privateMemory(shim.pid));
      await shim.tasks.call("Delete", { id: "box", execId });
    }
    let isDone = false;
    const ask = async () => {
      while (!isDone) {
        await shim.tasks.call("Stats", { id: "box" });
        await sleep(everyMs);
      }
    };
    const asking = everyMs === Infinity ? undefined : ask();
    await eventually(
      `less than ${most} MiB by one at least`,
      () => privateMemory(shim.pid) < most - 1 || undefined,
    );
    isDone = true;
    await asking;
    await shim.end();
  });
}
