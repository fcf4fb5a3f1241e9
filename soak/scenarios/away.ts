/** Containers end while containerd is away: each end has to be told once, with its status, when it is back. */
import { setTimeout as delay } from "node:timers/promises";
import {
  EventRecorder,
  type RecordedEvent,
} from "../../tests/harness/containerd/event_recorder.ts";
import { expectSuccess } from "../../tests/harness/containerd/private_containerd.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { within } from "../../tests/harness/expect/within.ts";
import { bounded, checkDoubled, COMMAND_SECONDS, removeContainer } from "../round/checks.ts";
import type { Round, Scenario } from "../round/scenario.ts";

const HOST = "host";
const TELLING_SECONDS = 15;

/** The scenario. */
export const away: Scenario = {
  name: "away",
  about: "containerd away for 1-4 s under load while containers and execs end",
  async round({ containerd, random, findings }: Round): Promise<void> {
    const signal = random.pick(["SIGTERM", "SIGKILL"] as const);
    const awayMs = random.integer(1_000, 4_000);
    const moment = random.integer(0, 1_000);
    // The statuses by the names of containers and, of the last ones, execs; the times in tenths of a second.
    const plan = Array.from({ length: random.integer(3, 10) }, (_, index) => ({
      name: `box-${index}`,
      isExec: index % 3 === 2,
      status: random.integer(1, 100),
      tenths: random.integer(0, 40),
    }));
    findings.doing = `${plan.length} ends; containerd gone by ${signal} after ${moment} ms, ` +
      `for ${awayMs} ms`;

    await containerd.runDetached(HOST, "sleep", "1000");
    const earlier = await EventRecorder.start(containerd, "null");
    await Promise.all(plan.map(async ({ name, isExec, status, tenths }) => {
      const command = ["sh", "-c", `sleep ${tenths / 10}; exit ${status}`];
      if (isExec) await containerd.execDetached(HOST, name, ...command);
      else expectSuccess(await containerd.run(["--detach"], name, ...command));
    }));
    await delay(moment);
    await containerd.stop(signal);
    await earlier[Symbol.asyncDispose]();
    await delay(awayMs);
    const answer = await containerd.bootUnheard();
    const later = await containerd.recordEvents();
    await answer();

    for (const { name, isExec, status } of plan) {
      const isExit = ({ topic, body }: RecordedEvent) =>
        topic === "/tasks/exit" && body.id === name;
      const exits = () => [...earlier.tasks, ...later.tasks].filter(isExit);
      const awaited = `the exit event of ${name}`;
      await eventually(awaited, () => exits()[0], TELLING_SECONDS)
        .catch((error) => findings.add("lost", error.message));
      const told = exits().map(({ body }) => body.exit_status);
      if (told.length > 0 && told.some((each) => each !== status)) {
        findings.add("wrong", `the exit events of ${name} tell ${told} and not ${status}`);
      }
      const args = isExec ? ["task", "rm", "--exec-id", name, HOST] : ["task", "rm", name];
      const { code, stderr } = await bounded(containerd, findings, args);
      // ctr tells the status of an exec as its own, and says that of a container.
      const removed = isExec ? code === status : stderr.includes(`exit code ${status}`);
      if (!removed) {
        findings.add("lost", `the status ${status} of ${name}: exit code ${code}, ${stderr}`);
      }
    }
    await within(COMMAND_SECONDS, "all events", later.catchUp());
    await later[Symbol.asyncDispose]();
    checkDoubled(findings, earlier.tasks);
    checkDoubled(findings, later.tasks);
    // Where it listens for events is another place until then.
    await containerd.restart();
    const containers = plan.filter(({ isExec }) => !isExec).map(({ name }) => name);
    for (const id of [...containers, HOST]) await removeContainer(containerd, findings, id);
  },
};
