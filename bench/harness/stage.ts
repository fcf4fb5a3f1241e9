/** Where a shim is measured: it is called as containerd calls it, and what it tells containerd is heard. */
import { expectSuccess, outputOf } from "../../tests/harness/containerd/private_containerd.ts";
import type { Runtime } from "../../tests/harness/containerd/private_containerd.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { makeBusyboxRootfs } from "../../tests/harness/machine/busybox.ts";
import { cgroupFolders, removeCgroups } from "../../tests/harness/machine/cgroups.ts";
import { isAlive, isSpare, processesOfThisRun } from "../../tests/harness/machine/processes.ts";
import { runName } from "../../tests/harness/machine/private_mounts.ts";
import type { Host } from "../../tests/harness/shim/direct_shim.ts";
import { EventServer } from "../../tests/harness/shim/event_server.ts";
import type { Column } from "./results.ts";

/**
 * The place of one shim. No containerd runs there, whose own time would be measured with it: the benchmark calls the shim's program,
 * keeps a connection to its server, and takes its events. Each stage is a containerd of its own for the shim, with its own spare.
 */
export class Stage implements Host, AsyncDisposable {
  readonly address: string;
  readonly rootfs: string;

  private constructor(
    /** The shim's. */
    readonly column: Column,
    readonly runtime: Runtime,
    readonly folder: string,
    readonly namespace: string,
    /** What `runc spec` suggests, which is more like a client's spec than that of the tests. */
    // deno-lint-ignore no-explicit-any -- an OCI spec
    readonly spec: any,
    /** What the shim has told. */
    readonly events: EventServer,
  ) {
    this.address = addressIn(folder);
    this.rootfs = `${folder}/busybox`;
  }

  /** Makes one; needs private mounts. */
  static async make(column: Column, runtime: Runtime): Promise<Stage> {
    const folder = await Deno.makeTempDir({ prefix: "stage-" });
    await makeBusyboxRootfs(`${folder}/busybox`);
    const runc = new Deno.Command("runc", {
      args: ["spec", "--bundle", folder],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    expectSuccess(await outputOf(runc.spawn()));
    const spec = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    const namespace = `${runName()}-${crypto.randomUUID().slice(0, 8)}`;
    const events = new EventServer(`${addressIn(folder)}.ttrpc`);
    return new Stage(column, runtime, folder, namespace, spec, events);
  }

  /** Ends the spare, and removes what is left. The containers must be gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const spares = processesOfThisRun().filter((process) =>
      isSpare(process) && process.command.includes(this.address)
    );
    for (const { pid } of spares) {
      Deno.kill(pid, "SIGTERM");
      await eventually("an end of the spare", () => !isAlive(pid) || undefined);
    }
    await this.events[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
    await removeCgroups(cgroupFolders(this.namespace));
  }
}

/** The address of the containerd that is not there. */
function addressIn(folder: string): string {
  return `${folder}/containerd.sock`;
}
