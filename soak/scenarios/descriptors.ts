/** A server that may open no more descriptors, or only a few: calls fail, nothing is kept, and all works when it may again. */
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { within } from "../../tests/harness/expect/within.ts";
import {
  countDescriptors,
  isAlive,
  limitDescriptors,
} from "../../tests/harness/machine/processes.ts";
import { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../../tests/harness/shim/task_client.ts";
import { attempt, CALL_SECONDS, endShim } from "../round/direct.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";

const EXECS = 5;
const CONNECTIONS = 20;
const PLENTY = 1024;

/** The scenario. */
export const descriptors: Scenario = {
  name: "descriptors",
  about: "a server that may open only a few more descriptors",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const shim = await DirectShim.start(containerd, ID);
    const { tasks, bundle } = shim;
    const request = await bundle.createRequest(containerd);
    const createsBefore = random.onceIn(2);
    if (createsBefore) {
      await tasks.call("Create", request);
      await tasks.call("Start", { id: ID });
      await live(tasks, "first");
    }
    // Once it is answered, the server has accepted the connection: without a descriptor it can't, and the calls wait for one.
    await attempt(tasks, "State", { id: ID });
    const before = countDescriptors(shim.pid);
    const limit = before + random.integer(-4, 12);
    findings.doing = `${createsBefore ? "execs" : "Create"}; ${limit} descriptors, ${before} open`;

    await limitDescriptors(shim.pid, limit);
    const connections = await Promise.all(
      Array.from(
        { length: random.integer(0, CONNECTIONS) },
        () => TaskClient.connect(shim.address),
      ),
    );
    if (!createsBefore) await attempt(tasks, "Create", request);
    const names = Array.from({ length: EXECS }, (_, index) => `visitor-${index}`);
    await Promise.all(names.map((name) => live(tasks, name)));
    for (const { client } of connections) client.close();
    if (!isAlive(shim.pid)) {
      findings.add("lost", "the server has died");
      return await endShim(round, shim);
    }
    await limitDescriptors(shim.pid, PLENTY);

    if (!createsBefore) {
      const state = await attempt(tasks, "State", { id: ID });
      const error = state && await attempt(tasks, "Create", request);
      if (error) findings.add("wrong", `Create with descriptors again: ${error.message}`);
      await tasks.call("Start", { id: ID });
    }
    const error = await live(tasks, "last");
    if (error) findings.add("wrong", `an exec with descriptors again: ${error.message}`);
    // A container opens some that the server had not open before.
    if (createsBefore) {
      await eventually(`no more than ${before} descriptors`, () => {
        return countDescriptors(shim.pid) <= before || undefined;
      }).catch((error) => findings.addError(error, "left"));
    }
    const visitor = await within(CALL_SECONDS, "a connection", TaskClient.connect(shim.address));
    await within(CALL_SECONDS, "an answer", visitor.call("State", { id: ID }));
    visitor.client.close();
    await endShim(round, shim);
  },
};

/** An exec from its Exec to its Delete; answers the error of its Start. */
async function live(tasks: TaskClient, execId: string) {
  await attempt(tasks, "Exec", { id: ID, execId, spec: processSpec(["true"]) });
  const error = await attempt(tasks, "Start", { id: ID, execId });
  if (!error) await attempt(tasks, "Wait", { id: ID, execId });
  await attempt(tasks, "Delete", { id: ID, execId });
  return error;
}
