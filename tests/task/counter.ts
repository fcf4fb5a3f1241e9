/** A container that criu can make a checkpoint of, and that shows whether what it had in memory is still there. */

import { CheckpointOptions, type CreateTaskRequest, RuncOptions } from "../../proto/mod.ts";
import type { PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import type { TaskClient } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";

/** For each line it reads it counts up a number, which it has nowhere but in its memory, and writes both. */
export const COUNT = "i=0; while read line; do i=$((i+1)); echo $i $line; done; exit 5";

/** What {@linkcode Counter.prepare} takes. */
export interface CounterOptions {
  /** A shell script; by default the one that counts. */
  script?: string;
  terminal?: boolean;
  /** In bytes. */
  memoryLimit?: number;
  /** The host's programs are there, in `/usr/bin`. */
  hostPrograms?: boolean;
  /** criu's configuration for this container. */
  criuConfiguration?: string;
}

/** A shim of its own with a container, and the client's side of its streams. */
export class Counter {
  readonly id: string;
  readonly tasks: TaskClient;
  /** Where a checkpoint can be made that goes with the bundle. */
  readonly image: string;
  #hasStdin = true;

  private constructor(
    private readonly containerd: PrivateContainerd,
    readonly shim: DirectShim,
    private readonly terminal: boolean,
    readonly stdin: ClientFifo,
    readonly stdout: ClientFifo,
    private readonly stderr: ClientFifo,
  ) {
    this.id = shim.id;
    this.tasks = shim.tasks;
    this.image = `${shim.bundle.path}/image`;
  }

  /** Starts the shim. */
  static async prepare(
    containerd: PrivateContainerd,
    id: string,
    { script = COUNT, terminal = false, memoryLimit, hostPrograms = false, criuConfiguration }:
      CounterOptions = {},
  ): Promise<Counter> {
    const shim = await DirectShim.start(containerd, id, { args: ["sh", "-c", script] });
    const { path } = shim.bundle;
    const spec = JSON.parse(await Deno.readTextFile(`${path}/config.json`));
    const namespaces: { type: string }[] = spec.linux.namespaces;
    // To hold up a network of the container's own criu needs iptables, which a machine may not have.
    spec.linux.namespaces = namespaces.filter(({ type }) => type !== "network");
    spec.process.terminal = terminal;
    spec.mounts.push({ destination: "/dev", type: "tmpfs", source: "tmpfs" });
    if (terminal) spec.mounts.push({ destination: "/dev/pts", type: "devpts", source: "devpts" });
    if (hostPrograms) {
      const options = ["rbind", "ro"];
      spec.mounts.push({ destination: "/usr", type: "bind", source: "/usr", options });
      await Deno.mkdir(`${path}/snapshot/fs`, { recursive: true });
      for (const name of ["lib", "lib64"]) {
        await Deno.symlink(`usr/${name}`, `${path}/snapshot/fs/${name}`);
      }
    }
    if (memoryLimit) spec.linux.resources = { memory: { limit: memoryLimit } };
    if (criuConfiguration) {
      spec.annotations["org.criu.config"] = `${path}/criu.conf`;
      await Deno.writeTextFile(`${path}/criu.conf`, criuConfiguration);
    }
    await Deno.writeTextFile(`${path}/config.json`, JSON.stringify(spec));
    // containerd makes it in every bundle.
    await Deno.mkdir(`${path}/work`);
    const stdin = await ClientFifo.make(`${path}/stdin`);
    const stdout = await ClientFifo.make(`${path}/stdout`);
    const stderr = await ClientFifo.make(`${path}/stderr`);
    return new Counter(containerd, shim, terminal, stdin, stdout, stderr);
  }

  /** {@linkcode prepare}, {@linkcode create} and {@linkcode start}. */
  static async run(
    containerd: PrivateContainerd,
    id: string,
    options: CounterOptions = {},
  ): Promise<Counter> {
    const counter = await Counter.prepare(containerd, id, options);
    await counter.create();
    await counter.start();
    return counter;
  }

  /** Calls Create, to restore the container from `checkpoint` where there is one, and answers init's process id. */
  async create(checkpoint = "", options: RuncOptions.Properties = {}): Promise<number> {
    const { id, bundle } = this.shim;
    const request: CreateTaskRequest.Properties = {
      id,
      bundle: bundle.path,
      rootfs: [await bundle.rootfs(this.containerd)],
      terminal: this.terminal,
      stdin: this.stdin.path,
      stdout: this.stdout.path,
      stderr: this.terminal ? "" : this.stderr.path,
      checkpoint,
      options: {
        typeUrl: "containerd.runc.v1.Options",
        value: RuncOptions.encode(options).finish(),
      },
    };
    return (await this.tasks.call("Create", request)).pid;
  }

  /** Calls Start, and answers init's process id. */
  async start(): Promise<number> {
    return (await this.tasks.call("Start", { id: this.id })).pid;
  }

  /** Lets it count, and answers the number. */
  async count(): Promise<number> {
    await this.stdin.write("go on\n");
    return Number((await this.stdout.output.until(/(\d+) go on\r?\n/))[1]);
  }

  /** Calls Checkpoint. */
  async checkpoint(path: string, options: CheckpointOptions.Properties = {}): Promise<void> {
    await this.tasks.call("Checkpoint", {
      id: this.id,
      path,
      options: {
        typeUrl: "containerd.runc.v1.CheckpointOptions",
        value: CheckpointOptions.encode(options).finish(),
      },
    });
  }

  /** Ends its input, so that the script ends. */
  async endInput(): Promise<void> {
    await this.tasks.call("CloseIO", { id: this.id, stdin: true });
    this.#closeStdin();
  }

  #closeStdin(): void {
    if (this.#hasStdin) this.stdin[Symbol.dispose]();
    this.#hasStdin = false;
  }

  /** What is in a folder of the bundle. */
  filesIn(folder: string): string[] {
    return [...Deno.readDirSync(`${this.shim.bundle.path}/${folder}`)].map(({ name }) => name);
  }

  /** Waits for the end of init, deletes the container, ends the shim and answers init's exit status. */
  async remove(): Promise<number> {
    const { exitStatus } = await this.tasks.call("Wait", { id: this.id });
    await this.tasks.call("Delete", { id: this.id });
    await this.shutDown();
    return exitStatus;
  }

  /** Kills init and does the same. */
  async kill(): Promise<number> {
    await this.tasks.call("Kill", { id: this.id, signal: 9 });
    return await this.remove();
  }

  /** Ends the shim, which has no container (any more). */
  async shutDown(): Promise<void> {
    this.#closeStreams();
    await this.shim.shutDown();
  }

  /** Removes the bundle of a shim that was killed. */
  async forget(): Promise<void> {
    this.#closeStreams();
    await this.shim.bundle.remove();
  }

  #closeStreams(): void {
    this.#closeStdin();
    this.stdout[Symbol.dispose]();
    this.stderr[Symbol.dispose]();
  }
}
