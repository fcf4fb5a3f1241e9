/** What a server has of memory when nobody asks it for anything. */
import { eventually } from "../harness/expect/eventually.ts";
import { privateMemory } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";

testBetterThanGo("a server gives back memory when nobody asks for anything", async (containerd) => {
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
  await eventually(
    `less than ${most} MiB by one at least`,
    () => privateMemory(shim.pid) < most - 1 || undefined,
  );
  await shim.end();
});
