/** Thousands of lives, execs and calls in one shim, and what it keeps of them. */
import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Bundle, DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import type { MethodName } from "../../tests/harness/shim/task_client.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";
import { describeUsage, usageOf } from "../round/usage.ts";

/** At full length. */
const EXECS = 10_000;
const CALLS_PER_EXEC = 10;
const EXECS_PER_LIFE = 50;
/** How many execs are under way at once. */
const AT_ONCE = 4;
/** What is loaded or opened once is there after so many. */
const WARM_UP = 20;
const MOST_PRIVATE_MIB = 20;
/** Threads wait a while for more work before they end. */
const MOST_MORE_THREADS = 8;
/** How long the server may need to become quiet and give memory back. */
const QUIET_MS = 5_000;
const CALLS: readonly MethodName[] = ["State", "Pids", "Stats", "Connect"];

/** The scenario. */
export const churn: Scenario = {
  name: "churn",
  about: "10,000 execs, 100,000 calls and 200 lives in one shim: memory, descriptors, threads",
  once: true,
  bound: 3_600,
  async round({ containerd, random, findings, deadline }: Round): Promise<void> {
    const annotations = { "io.containerd.runc.v2.group": "churn" };
    const shim = await DirectShim.run(containerd, ID, { annotations });
    const { tasks } = shim;

    const execute = async (execId: string, status: number) => {
      await shim.exec(execId, ["sh", "-c", `exit ${status}`]);
      const { exitStatus } = await tasks.call("Wait", { id: ID, execId });
      await tasks.call("Delete", { id: ID, execId });
      if (exitStatus !== status) findings.add("wrong", `exit status ${exitStatus} of ${status}`);
      await Promise.all(
        Array.from({ length: CALLS_PER_EXEC }, () => tasks.call(random.pick(CALLS), { id: ID })),
      );
    };
    const live = async (id: string) => {
      const bundle = await Bundle.make(containerd, id, { args: ["sh", "-c", "exit 3"] });
      await tasks.call("Create", await bundle.createRequest(containerd));
      await tasks.call("Start", { id });
      assertEquals((await tasks.call("Wait", { id })).exitStatus, 3);
      await tasks.call("Delete", { id });
      await bundle.remove();
    };

    let begun = 0;
    const executeUntil = async (most: number) => {
      while (begun < most && (begun < WARM_UP || performance.now() < deadline)) {
        const number = ++begun;
        await execute(`exec-${number}`, number % 200);
        if (number % EXECS_PER_LIFE === 1) await live(`life-${number}`);
      }
    };
    const executeMany = (most: number) =>
      Promise.all(Array.from({ length: AT_ONCE }, () => executeUntil(most)));

    await executeMany(WARM_UP);
    const before = usageOf(shim.pid);
    await executeMany(EXECS);
    await delay(QUIET_MS);
    const after = usageOf(shim.pid);
    console.log(
      `churn: ${begun} execs, ${begun * CALLS_PER_EXEC} calls; ` +
        `${describeUsage(before)} before, ${describeUsage(after)} after`,
    );
    findings.doing = `${begun} execs`;
    if (after.privateMiB > MOST_PRIVATE_MIB) {
      findings.add("left", `${describeUsage(after)}; at most ${MOST_PRIVATE_MIB} MiB are expected`);
    }
    if (after.descriptors > before.descriptors) {
      findings.add("left", `${after.descriptors} descriptors, after ${before.descriptors}`);
    }
    if (after.threads > before.threads + MOST_MORE_THREADS) {
      findings.add("left", `${after.threads} threads, after ${before.threads}`);
    }
    await shim.end();
  },
};
