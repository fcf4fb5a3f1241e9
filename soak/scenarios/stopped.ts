/** Somebody stands still for a while (SIGSTOP) in the middle of an operation, which then has to succeed. */
import { setTimeout as delay } from "node:timers/promises";
import { expectSuccess } from "../../tests/harness/containerd/private_containerd.ts";
import { sendSignal } from "../../tests/harness/machine/processes.ts";
import {
  bounded,
  checkDoubled,
  checkState,
  checkUsable,
  removeContainer,
} from "../round/checks.ts";
import { OPERATIONS } from "../round/operations.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";
import { ROLES, strike } from "../round/victims.ts";

const LONGEST_MS = 150;
/** Less than the 5 s that containerd gives `delete`. */
const LONGEST_PAUSE_MS = 2_500;

/** The scenario. */
export const stopped: Scenario = {
  name: "stopped",
  about:
    "containerd, its client, the server, start, delete or runc stopped for up to 2.5 s of an operation",
  async round({ containerd, random, findings }: Round): Promise<void> {
    const operation = random.pick(OPERATIONS);
    const role = random.pick(ROLES);
    const moment = random.integer(0, LONGEST_MS);
    const pauseMs = random.integer(100, LONGEST_PAUSE_MS);
    findings.doing = `${operation.name}; stopped ${role} from ${moment} ms on for ${pauseMs} ms`;

    if (operation.onRunning) {
      expectSuccess(await containerd.run(["--detach"], ID, "sleep", "1000"));
    }
    await using events = await containerd.recordEvents();
    const end = new AbortController();
    const pause = async () => {
      const victims = await strike(role, moment, end.signal, "SIGSTOP");
      await delay(pauseMs);
      for (const { pid } of victims) sendSignal(pid, "SIGCONT");
    };
    const paused = pause();
    const result = await bounded(containerd, findings, operation.args(containerd, []));
    end.abort();
    await paused;
    await checkState(containerd, findings, ID);
    const { code, stderr } = result;
    const untrue = code === operation.code
      ? await operation.check(containerd, result)
      : `exit code ${code} and not ${operation.code}: ${stderr}`;
    if (untrue) findings.add("wrong", `${operation.name}: ${untrue}`);
    await removeContainer(containerd, findings, ID);
    await checkUsable(containerd, findings, ID);
    await events.catchUp();
    checkDoubled(findings, events.tasks);
  },
};
