/** Many clients at once, each with a life or an exec of its own: more than there are processors for. */
import { expectSuccess } from "../../tests/harness/containerd/private_containerd.ts";
import { bounded, removeContainer } from "../round/checks.ts";
import type { Round, Scenario } from "../round/scenario.ts";

const HOST = "host";
const FEWEST = 10;
const MOST = 40;

/** The scenario. */
export const lives: Scenario = {
  name: "lives",
  about: "10 to 40 lives and execs at once: each has its output and its status",
  async round({ containerd, random, findings }: Round): Promise<void> {
    const count = random.integer(FEWEST, MOST);
    findings.doing = `${count} at once`;
    expectSuccess(await containerd.run(["--detach"], HOST, "sleep", "1000"));
    const failed: string[] = [];
    await Promise.all(Array.from({ length: count }, async (_, index) => {
      const id = `box-${index}`;
      const status = random.integer(0, 100);
      const command = ["sh", "-c", `echo ${id}; exit ${status}`];
      const args = random.onceIn(3)
        ? containerd.execArguments([], HOST, ...command)
        : containerd.runArguments(["--rm"], id, ...command);
      const { code, stdout, stderr } = await bounded(containerd, findings, args);
      if (code === status && stdout === `${id}\n`) return;
      findings.add("lost", `${args[0]} ${id}: ${code} and not ${status}: ${stdout}${stderr}`);
      if (args[0] === "run") failed.push(id);
    }));
    for (const id of [...failed, HOST]) await removeContainer(containerd, findings, id);
  },
};
