/** A server in a small memory cgroup (shim_cgroup), where runc's commands begin, too. */
import { runcOptions } from "../../tests/harness/containerd/runtime_options.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { makeCgroup, removeCgroups } from "../../tests/harness/machine/cgroups.ts";
import { findProcess, isAlive, sendSignal } from "../../tests/harness/machine/processes.ts";
import { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { endShim } from "../round/direct.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";

const SIZES_MIB = [48, 32, 20];
const EXECS = 50;

/** The scenario. */
export const memory: Scenario = {
  name: "memory",
  about: "a life and 50 execs with the server in a memory cgroup of 48, 32 or 20 MiB",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const size = random.pick(SIZES_MIB);
    findings.doing = `${size} MiB`;
    const path = `/${containerd.namespace}/shims`;
    const folders = await makeCgroup(path);
    const [folder, file] = folders.length === 1
      ? [folders[0], "memory.max"]
      : [folders.find((name) => name.includes("/memory/"))!, "memory.limit_in_bytes"];
    await Deno.writeTextFile(`${folder}/${file}`, `${size}M`);
    const options = runcOptions({ shimCgroup: path });
    const shim = await DirectShim.start(containerd, ID, { options });
    try {
      await shim.create(containerd);
      await shim.tasks.call("Start", { id: ID });
      for (let index = 0; index < EXECS; index++) {
        findings.doing = `${size} MiB, exec ${index}`;
        const execId = `visitor-${index}`;
        await shim.exec(execId, ["true"]);
        await shim.tasks.call("Wait", { id: ID, execId });
        await shim.tasks.call("Delete", { id: ID, execId });
      }
    } catch (error) {
      findings.add(isAlive(shim.pid) ? "wrong" : "lost", (error as Error).message);
      // It could not do more in so little.
      sendSignal(shim.pid, "SIGKILL");
    }
    await endShim(round, shim);
    await eventually("an end of the server", () => !findProcess(shim.pid) || undefined);
    await removeCgroups(folders);
  },
};
