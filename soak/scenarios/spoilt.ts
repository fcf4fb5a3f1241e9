/** A file of the bundle is spoilt: missing, empty, garbage, huge, a folder, or naming an innocent process. */
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { isAlive, sendSignal } from "../../tests/harness/machine/processes.ts";
import { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { processSpec } from "../../tests/harness/shim/task_client.ts";
import { processesIn } from "../round/checks.ts";
import { attempt, endShim } from "../round/direct.ts";
import type { Random } from "../round/random.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";

const HUGE = 50_000_000;
/** Those that a shim reads or writes; not each shim has each. */
const FILES = ["config.json", "init.pid", "address", "options.json", "runtime", "log.json"];
const WAYS = ["missing", "empty", "garbage", "huge", "a folder", "an innocent process"] as const;
type Way = typeof WAYS[number];

/** The scenario. */
export const spoilt: Scenario = {
  name: "spoilt",
  about: "a bundle's files missing, garbage, huge, folders, or naming an innocent process",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const name = random.pick(FILES);
    const way = random.pick(WAYS);
    const isKilled = random.onceIn(2);
    const beforeCreate = random.onceIn(4);
    findings.doing = `${name}: ${way}, ${beforeCreate ? "before" : "after"} Create; ` +
      `then ${isKilled ? "the server killed" : "calls, and an end as usual"}`;

    using innocent = new Innocent();
    const shim = await DirectShim.start(containerd, ID);
    const { tasks, bundle } = shim;
    const path = `${bundle.path}/${name}`;
    if (beforeCreate) await spoil(path, way, innocent.pid, random);
    const failure = await attempt(tasks, "Create", await bundle.createRequest(containerd));
    if (failure && !beforeCreate) throw failure;
    if (!failure) await attempt(tasks, "Start", { id: ID });
    if (!beforeCreate) await spoil(path, way, innocent.pid, random);
    if (isKilled) {
      sendSignal(shim.pid, "SIGKILL");
      await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
    } else if (!failure) {
      // One that succeeds, and one that fails, so that the runtime's log is read.
      for (const [execId, program] of [["one", "true"], ["two", "no-such-program"]]) {
        await attempt(tasks, "Exec", { id: ID, execId, spec: processSpec([program]) });
        const error = await attempt(tasks, "Start", { id: ID, execId });
        if ((error === undefined) !== (program === "true")) {
          findings.add("wrong", `Start of ${program}: ${error?.message ?? "no error"}`);
        }
        if (!error) await attempt(tasks, "Wait", { id: ID, execId });
        const deletion = await attempt(tasks, "Delete", { id: ID, execId });
        if (deletion) findings.add("wrong", `Delete of the exec ${execId}: ${deletion.message}`);
      }
    }
    if (!isKilled && !failure && !processesIn(containerd, ID).length) {
      findings.add("lost", "the container's process");
    }
    await endShim(round, shim);
    if (!innocent.isAlive) findings.add("wrong", "an innocent process was killed");
  },
};

/** A process that has nothing to do with any container. */
class Innocent implements Disposable {
  readonly #child = new Deno.Command("sleep", { args: ["1000"] }).spawn();

  get pid(): number {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return isAlive(this.pid);
  }

  [Symbol.dispose](): void {
    if (this.isAlive) this.#child.kill("SIGKILL");
  }
}

async function spoil(path: string, way: Way, innocent: number, random: Random): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  switch (way) {
    case "missing":
      break;
    case "empty":
      return await Deno.writeTextFile(path, "");
    case "garbage":
      return await Deno.writeFile(path, random.bytes(random.integer(1, 2_000)));
    case "huge":
      return await Deno.writeFile(path, new Uint8Array(HUGE).fill(0x61));
    case "a folder":
      return await Deno.mkdir(`${path}/inner`, { recursive: true });
    case "an innocent process":
      return await Deno.writeTextFile(path, `${innocent}`);
  }
}
