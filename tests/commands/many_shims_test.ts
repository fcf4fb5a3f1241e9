/** The commands on a machine with hundreds of shims, most of which hang. */
import { assert, assertEquals } from "@std/assert";
import { hasSandboxes } from "../harness/containerd/private_cri.ts";
import { outputOf, type PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { processesOfThisRun } from "../harness/machine/processes.ts";
import { sh } from "../harness/machine/shell.ts";
import { findings, type Json, jsonOf } from "../harness/shim/commands.ts";
import { bootstrapParams } from "../harness/shim/bootstrap_caller.ts";
import { shimArguments } from "../harness/shim/direct_shim.ts";
import { GO_SHIM } from "../harness/shim/go_shim.ts";
import { runWithGo, test } from "../harness/suite/both_shims.ts";

const COUNT = 200;
const AT_ONCE = 8;

/** Servers of Go's shim, stopped by a signal: a connection to them is made, and nothing is answered. */
class HungShims implements AsyncDisposable {
  readonly ids = Array.from({ length: COUNT }, (_, index) => `hung-${index}`);

  /** They log to FIFOs, and end where nobody has them open. */
  readonly #logs: Deno.FsFile[] = [];

  private constructor(private readonly containerd: PrivateContainerd) {}

  static async start(containerd: PrivateContainerd): Promise<HungShims> {
    const shims = new HungShims(containerd);
    const left = shims.ids.values();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const id of left) await shims.#start(id);
    }));
    const servers = shims.#processes();
    assertEquals(servers.length, COUNT);
    for (const { pid } of servers) Deno.kill(pid, "SIGSTOP");
    return shims;
  }

  async #start(id: string): Promise<void> {
    const bundle = this.containerd.bundle(id);
    await Deno.mkdir(bundle, { recursive: true });
    await Deno.writeTextFile(`${bundle}/config.json`, "{}");
    await sh(`mkfifo ${bundle}/log`);
    this.#logs.push(await Deno.open(`${bundle}/log`, { read: true, write: true }));
    const child = new Deno.Command(GO_SHIM.binary, {
      args: shimArguments(this.containerd, id, "start"),
      cwd: bundle,
      env: { TTRPC_ADDRESS: `${this.containerd.address}.ttrpc` },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // Before 2.3 they take nothing from their standard input.
    const params = hasSandboxes() ? bootstrapParams(this.containerd, id) : new Uint8Array();
    const [{ stdout, stderr }] = await Promise.all([
      outputOf(child),
      new Blob([params]).stream().pipeTo(child.stdin),
    ]);
    const [address] = stdout.match(/unix:\/\/[\w/]+\/[0-9a-f]{64}/) ?? [];
    if (address === undefined) throw new Error(stderr);
    await Deno.writeTextFile(`${bundle}/address`, address);
  }

  #processes() {
    return processesOfThisRun().filter(({ command }) =>
      command.some((word) => word.startsWith("hung-"))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.#processes()) Deno.kill(pid, "SIGKILL");
    await eventually("an end of all", () => this.#processes().length === 0 || undefined);
    for (const log of this.#logs) log.close();
    for (const id of this.ids) {
      const bundle = this.containerd.bundle(id);
      const address = await Deno.readTextFile(`${bundle}/address`);
      await Deno.remove(address.replace("unix://", ""));
      await Deno.remove(bundle, { recursive: true });
    }
  }
}

/** Expects that all are asked side by side: on a quiet machine that takes some 3 seconds, one after the other some 400. */
async function soon<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await work();
  const took = performance.now() - start;
  assert(took < 60_000, `expected ${what} within a minute, and it took ${Math.round(took)} ms`);
  return result;
}

test(`${COUNT} shims that hang, beside those that live`, async (containerd) => {
  await containerd.runDetached("ours", "sleep", "1000");
  await runWithGo(containerd, "theirs", "sleep", "1000");
  {
    await using hung = await HungShims.start(containerd);
    const place = ["--address", containerd.address];
    const ids = [...hung.ids, "ours", "theirs"].toSorted();
    const isHung = (id: string) => hung.ids.includes(id);

    const { shims } = await soon("ps", () => jsonOf("ps", ...place));
    assertEquals(
      shims.map(({ id, condition, containers }: Json) => [id, condition, containers[0].status]),
      ids.map((id) => isHung(id) ? [id, "silent", "unknown"] : [id, "serves", "running"]),
    );

    const root = await soon("tree", () => jsonOf("tree", ...place));
    assertEquals(root.children.map(({ container }: Json) => container), ids);
    const inits = root.children.flatMap(({ children }: Json) =>
      children.filter(({ role }: Json) => role === "init")
    );
    assertEquals(inits.map(({ container }: Json) => container), ["ours", "theirs"]);

    const { containers } = await soon("stats", () => jsonOf("stats", "--once", ...place));
    assertEquals(
      containers.map(({ id, pids }: Json) => [id, pids]),
      ids.map((id) => [id, isHung(id) ? undefined : 1]),
    );

    const found = await soon("doctor", () => findings([`${containerd.namespace}/`]));
    assertEquals(
      found.map(({ kind, what }) => [kind, what.match(/\/([\w-]+) does not answer/)?.[1]]),
      hung.ids.toSorted().map((id) => ["silent-shim", id]),
    );
  }
  await containerd.remove("ours", "theirs");
});
