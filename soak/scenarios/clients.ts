/** Clients that give up: a connection closed in the middle of a call, a deadline that is too short. */
import { setTimeout as delay } from "node:timers/promises";
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { Bundle, DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../../tests/harness/shim/task_client.ts";
import { processesIn } from "../round/checks.ts";
import { attempt, checkFreezer, endContainer, endShim, PAUSED, RUNNING } from "../round/direct.ts";
import type { Random } from "../round/random.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";
import { usageOf } from "../round/usage.ts";

const OTHER = "other";
const CLIENTS = 20;

/** The scenario. */
export const clients: Scenario = {
  name: "clients",
  about: "20 clients that close their connection, or whose deadline passes, in the middle of calls",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const annotations = { "io.containerd.runc.v2.group": "pod" };
    const shim = await DirectShim.run(containerd, ID, { annotations });
    const { tasks } = shim;
    const { pid: init } = await tasks.call("State", { id: ID });
    await shim.exec("first", ["true"]);
    await tasks.call("Wait", { id: ID, execId: "first" });
    await tasks.call("Delete", { id: ID, execId: "first" });
    const before = usageOf(shim.pid);

    const execIds = Array.from({ length: CLIENTS }, (_, index) => `visitor-${index}`);
    const createMs = random.integer(1, 120);
    findings.doing = `and a Create given up after ${createMs} ms`;
    const bundle = await Bundle.make(containerd, OTHER);
    const create = await bundle.createRequest(containerd);
    await Promise.all([
      ...execIds.map((execId) => bother(shim.address, execId, random)),
      attempt(tasks, "Create", create, createMs),
    ]);

    // What one has begun goes on for a while.
    await eventually("a container that runs, and can be resumed where it does not", async () => {
      const { status } = await tasks.call("State", { id: ID });
      if (status === PAUSED) await attempt(tasks, "Resume", { id: ID });
      return status === RUNNING || undefined;
    });
    await checkFreezer(round, tasks, ID);
    const known = [init];
    for (const execId of execIds) known.push(...await endExec(round, tasks, execId));
    await eventually("no process that the shim does not tell of", () => {
      return processesIn(containerd, ID).every((pid) => pid === init) || undefined;
    }).catch(() => {
      findings.add("wrong", `processes ${processesIn(containerd, ID)} live, known are ${known}`);
    });

    // Whether that Create has come to an end or not, the id can be used.
    await endContainer(tasks, OTHER);
    const error = await attempt(tasks, "Create", create);
    if (error) findings.add("wrong", `Create of the same id: ${error.message}`);
    await endContainer(tasks, OTHER);
    await bundle.remove();
    await eventually(`no more than ${before.descriptors} descriptors`, () => {
      return usageOf(shim.pid).descriptors <= before.descriptors || undefined;
    }).catch((error) => findings.addError(error, "left"));
    await endShim(round, shim);
  },
};

/** Makes calls for an exec of its own, and others, and gives up at some moment. */
async function bother(address: string, execId: string, random: Random): Promise<void> {
  const tasks = await TaskClient.connect(address);
  const closesAfter = random.onceIn(2) ? random.integer(0, 150) : undefined;
  const timeoutMs = closesAfter === undefined ? random.integer(1, 80) : undefined;
  const spec = processSpec(["sleep", "1000"]);
  const calls = async () => {
    await attempt(tasks, "Exec", { id: ID, execId, spec }, timeoutMs);
    await attempt(tasks, "Start", { id: ID, execId }, timeoutMs);
    const [method, rest] = random.pick(
      [
        ["Wait", { execId }],
        ["Wait", {}],
        ["Pause", {}],
        ["Resume", {}],
        ["Kill", { execId, signal: 9 }],
        ["Stats", {}],
        ["Delete", { execId }],
      ] as const,
    );
    // Waiting for what does not end is over when the connection is.
    await attempt(tasks, method, { id: ID, ...rest }, timeoutMs ?? 200);
  };
  if (closesAfter === undefined) await calls();
  else await Promise.race([calls(), delay(closesAfter)]);
  tasks.client.close();
}

/** Ends an exec in whatever state it is, if there is one; answers its process, if it has one. */
async function endExec({ findings }: Round, tasks: TaskClient, execId: string): Promise<number[]> {
  const request = { id: ID, execId };
  const pids: number[] = [];
  await eventually(`an end of ${execId}`, async () => {
    const state = await tasks.call("State", request).catch((error) => {
      if (!(error instanceof StatusError && error.code === StatusCode.NOT_FOUND)) throw error;
    });
    if (!state) return true;
    pids.push(state.pid);
    // By a Pause whose client has gone, and whose turn came only now.
    if (state.status === PAUSED) await attempt(tasks, "Resume", { id: ID });
    if (state.status === RUNNING) await attempt(tasks, "Kill", { ...request, signal: 9 });
    // One whose Start is still under way can't be deleted yet.
    return await attempt(tasks, "Delete", request) === undefined || undefined;
  }).catch((error) => findings.addError(error));
  return pids.filter((pid) => pid !== 0);
}
