/** A disk gets full at a random step: the bundle's, the one of runc's state, or the sockets'. */
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../../tests/harness/machine/shell.ts";
import { Bundle, DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { processSpec } from "../../tests/harness/shim/task_client.ts";
import { attempt, endShim } from "../round/direct.ts";
import type { Random } from "../round/random.ts";
import { ID, type Round, type Scenario } from "../round/scenario.ts";

const SMALL = "/small";
const SIZE = "512k";
const STEPS = ["start", "Create", "Start", "Exec", "Delete"] as const;
const MOST_FREE_BYTES = 12 * 1024;

/** The scenario. */
export const disk: Scenario = {
  name: "disk",
  about: "the disk of the bundle, of runc's state, or of the sockets gets full at a random step",
  async round(round: Round): Promise<void> {
    const { containerd, random, findings } = round;
    const bundles = `${containerd.folder}${SMALL}`;
    const folder = random.pick([bundles, "/run/containerd/runc", "/run/containerd/s"]);
    const step = random.pick(STEPS);
    findings.doing = `${folder} full before ${step}`;

    await using small = await SmallDisk.mount(folder);
    await Deno.mkdir(bundles, { recursive: true });
    const host = { ...containerd, folder: bundles, runtime: containerd.runtime };
    const fillBefore = (next: typeof STEPS[number]) => next === step && small.fill(random);

    const bundle = await Bundle.make(host, ID);
    fillBefore("start");
    const shim = await DirectShim.startIn(host, bundle).catch((error) => {
      if (step !== "start") throw error;
      small.free();
      return DirectShim.startIn(host, bundle);
    });
    const { tasks } = shim;
    const create = await bundle.createRequest(containerd);
    fillBefore("Create");
    if (await attempt(tasks, "Create", create)) {
      small.free();
      // Of a runc that failed; containerd removes it with the bundle.
      await Deno.remove(`${bundle.path}/.init.pid`).catch(() => {});
      const error = await attempt(tasks, "Create", create);
      if (error) findings.add("wrong", `Create with space again: ${error.message}`);
    }
    fillBefore("Start");
    if (await attempt(tasks, "Start", { id: ID })) small.free();
    fillBefore("Exec");
    const spec = processSpec(["sleep", "0.1"]);
    for (const execId of ["one", "two", "three"]) {
      await attempt(tasks, "Exec", { id: ID, execId, spec });
      if (!await attempt(tasks, "Start", { id: ID, execId })) {
        await attempt(tasks, "Wait", { id: ID, execId });
      }
      await attempt(tasks, "Delete", { id: ID, execId });
    }
    fillBefore("Delete");
    if (step === "Delete") {
      await attempt(tasks, "Kill", { id: ID, signal: 9 });
      await attempt(tasks, "Wait", { id: ID });
      await attempt(tasks, "Delete", { id: ID });
    }
    await delay(random.integer(0, 100));
    small.free();
    await endShim(round, shim);
    if (folder !== bundles) await Deno.remove(bundles);
  },
};

/** A small tmpfs, mounted at a folder. */
class SmallDisk implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async mount(folder: string): Promise<SmallDisk> {
    await Deno.mkdir(folder, { recursive: true });
    await run("mount", "-t", "tmpfs", "-o", `size=${SIZE},mode=0711`, "tmpfs", folder);
    return new SmallDisk(folder);
  }

  /** Leaves at most some kilobytes. */
  fill(random: Random): void {
    using file = Deno.openSync(`${this.folder}/filler`, { write: true, create: true });
    const part = new Uint8Array(4096);
    let size = 0;
    try {
      for (;;) size += file.writeSync(part);
    } catch (error) {
      if (!/No space left/.test(`${error}`)) throw error;
    }
    file.truncateSync(Math.max(0, size - random.integer(0, MOST_FREE_BYTES)));
  }

  free(): void {
    try {
      Deno.removeSync(`${this.folder}/filler`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.free();
    await run("umount", this.folder);
    // Those that all containers share stay.
    if (this.folder.endsWith(SMALL)) await Deno.remove(this.folder);
  }
}
