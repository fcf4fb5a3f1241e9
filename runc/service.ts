/** The Task service for runc's containers, a method for each RPC. */
import type * as proto from "../proto/mod.ts";
import { ProcessDetails, type RuncOptions, TaskStatus } from "../proto/mod.ts";
import { IDENTIFIER, isIdentifier } from "../shim/common/identifier.ts";
import {
  type Call,
  type Fields,
  orWarn,
  type ServedTask,
  type Shim,
  SIGKILL,
  StatusCode,
  StatusError,
  toTimestamp,
} from "../shim/mod.ts";
import { forgetContainer, forgetRuntime, keepRuntime, noteContainer } from "./bundle/mod.ts";
import { decodeCheckpointOptions } from "./checkpoint.ts";
import { Container } from "./container.ts";
import { decodeJson } from "./json.ts";
import type { State } from "./process.ts";
import type { RunInit } from "./sandbox/held_namespaces.ts";
import type { PodSandbox } from "./sandbox/pod_sandbox.ts";

const STATUS: Readonly<Record<State, TaskStatus>> = {
  created: TaskStatus.CREATED,
  checkpointed: TaskStatus.CREATED,
  running: TaskStatus.RUNNING,
  stopped: TaskStatus.STOPPED,
  paused: TaskStatus.PAUSED,
  pausing: TaskStatus.PAUSING,
  deleted: TaskStatus.UNKNOWN,
};

/** Errors that only a fault of this program throws. */
const FAULTS = [TypeError, RangeError, ReferenceError];

/** The Task service of a server: it holds one container, or all those of a pod. */
export class TaskService implements Required<ServedTask> {
  readonly #containers = new Map<string, Container>();
  /** The Creates that are under way, by the ids of their containers. */
  readonly #creating = new Map<string, Promise<unknown>>();

  /** From the first call of the Sandbox service on. */
  #sandbox: PodSandbox | undefined;
  /** Whether its containers are those of a sandbox: from the first CreateSandbox on. */
  #isPods = false;

  /** @param options The runtime options of `start`. */
  constructor(private readonly shim: Shim, private readonly options: RuncOptions) {}

  async loadSandbox(): Promise<PodSandbox> {
    const { PodSandbox } = await import("./sandbox/pod_sandbox.ts");
    const { shim, options } = this;
    const onCreate = () => {
      this.#isPods = true;
      // The action `delete` is called for the sandbox alone, and ends its containers.
      keepRuntime(shim.bundle, options);
    };
    const runInit: RunInit = async (pod, spec) => {
      const { runPodInit } = await import("./pod_init.ts");
      return await runPodInit(shim, options, pod, spec);
    };
    const onShutdown = (id: string, call: Call) => this.#endPod(id, call);
    return this.#sandbox ??= new PodSandbox(shim, runInit, onCreate, onShutdown);
  }

  holdsPod(): boolean {
    return this.#sandbox?.id !== undefined;
  }

  /** Ends the server with its sandbox. What containers there are still are killed: nobody has a use for them. */
  async #endPod(sandboxId: string, { deadline }: Call): Promise<void> {
    if (!this.#isPods && this.#isUsed) {
      throw new StatusError(StatusCode.NOT_FOUND, `there is no sandbox ${sandboxId}`);
    }
    // What is being created is a container, or nothing, in the end.
    await Promise.allSettled(this.#creating.values());
    const ended = [...this.#containers].map(async ([id, container]) => {
      if (container.init.exit === undefined) await container.kill("", SIGKILL, true, deadline);
      await container.init.exited;
      await container.delete("", deadline);
      this.#containers.delete(id);
    });
    for (const result of await Promise.allSettled(ended)) {
      if (result.status === "fulfilled") continue;
      this.shim.logger.warn("can't end a container of the pod", { error: result.reason });
    }
    if (this.#containers.size > 0) return;
    if (this.#isPods) forgetRuntime(this.shim.bundle);
    // containerd takes a ShutdownSandbox for failed whose answer comes with the end of the connection.
    this.shim.shutdownWhenAlone();
  }

  async state(
    { id, execId }: proto.StateRequest,
    call: Call,
  ): Promise<proto.StateResponse.Properties> {
    const container = await this.#container(id, call);
    const process = container.process(execId);
    const exit = process.state === "stopped" ? process.exit : undefined;
    const { stdin, stdout, stderr, terminal } = process.paths;
    return {
      id: process.id,
      bundle: container.bundle,
      pid: process.pid,
      status: STATUS[container.stateOf(process)],
      stdin,
      stdout,
      stderr,
      terminal,
      exitStatus: exit?.status,
      exitedAt: exit && toTimestamp(exit.exitedAt),
    };
  }

  async create(
    request: proto.CreateTaskRequest,
    { signal, deadline }: Call,
  ): Promise<proto.CreateTaskResponse.Properties> {
    const { id } = request;
    if (!isIdentifier(id)) {
      const message = `expected an id of ${IDENTIFIER}, not "${id}"`;
      throw new StatusError(StatusCode.INVALID_ARGUMENT, message);
    }
    if (this.#containers.has(id) || this.#creating.has(id)) {
      throw new StatusError(StatusCode.ALREADY_EXISTS, `the container ${id} exists already`);
    }
    // A Create ends as soon as its client's connection does: nobody has a use for the container then, not even a client that
    // comes back.
    const creation = this.#create(request, signal);
    this.#creating.set(id, creation);
    try {
      const { init } = await creation;
      return { pid: init.pid };
    } catch (error) {
      // After a failed Create containerd shuts down the server; a client that has gone can't.
      if (signal.aborted && !deadline.aborted) this.shutdown();
      throw error;
    } finally {
      this.#creating.delete(id);
    }
  }

  async #create(request: proto.CreateTaskRequest, signal: AbortSignal): Promise<Container> {
    const { id, bundle } = request;
    try {
      await this.#sandbox?.prepare(bundle);
      if (bundle !== this.shim.bundle) noteContainer(this.shim.bundle, id);
      const container = await Container.create(this.shim, request, signal);
      this.#containers.set(id, container);
      return container;
    } catch (error) {
      this.#forget(id);
      throw error;
    }
  }

  #forget(id: string): void {
    orWarn(this.shim.logger, `forget the container ${id}`, () => {
      forgetContainer(this.shim.bundle, id);
    });
  }

  async start(
    { id, execId }: proto.StartRequest,
    call: Call,
  ): Promise<proto.StartResponse.Properties> {
    const container = await this.#container(id, call);
    return { pid: await container.start(execId, call.deadline) };
  }

  async delete(
    { id, execId }: proto.DeleteRequest,
    call: Call,
  ): Promise<proto.DeleteResponse.Properties> {
    const container = await this.#container(id, call);
    const process = await container.delete(execId, call.deadline);
    if (execId === "") {
      this.#containers.delete(id);
      this.#forget(id);
    }
    const { status, exitedAt } = await process.exited;
    return { pid: process.pid, exitStatus: status, exitedAt: toTimestamp(exitedAt) };
  }

  async pids({ id }: proto.PidsRequest, call: Call): Promise<proto.PidsResponse.Properties> {
    const container = await this.#container(id, call);
    const processes = container.pids().map(({ pid, execId }) => ({
      pid,
      info: execId === undefined ? undefined : {
        typeUrl: "containerd.runc.v1.ProcessDetails",
        value: ProcessDetails.encode({ execId }).finish(),
      },
    }));
    return { processes };
  }

  async pause({ id }: proto.PauseRequest, call: Call): Promise<void> {
    const container = await this.#container(id, call);
    await container.pause(call.deadline);
  }

  async resume({ id }: proto.ResumeRequest, call: Call): Promise<void> {
    const container = await this.#container(id, call);
    await container.resume(call.deadline);
  }

  async checkpoint(
    { id, path, options }: proto.CheckpointTaskRequest,
    call: Call,
  ): Promise<void> {
    const container = await this.#container(id, call);
    await container.checkpoint(path, decodeCheckpointOptions(options), call.deadline);
  }

  async update({ id, resources }: proto.UpdateTaskRequest, call: Call): Promise<void> {
    const container = await this.#container(id, call);
    await container.update(decodeJson(resources, "OCI LinuxResources"), call.deadline);
  }

  async kill({ id, execId, signal, all }: proto.KillRequest, call: Call): Promise<void> {
    const container = await this.#container(id, call);
    await container.kill(execId, signal, all, call.deadline);
  }

  async exec(request: proto.ExecProcessRequest, call: Call): Promise<void> {
    const container = await this.#container(request.id, call);
    container.exec(request);
  }

  async resizePty(
    { id, execId, width, height }: proto.ResizePtyRequest,
    call: Call,
  ): Promise<void> {
    const container = await this.#container(id, call);
    await container.resize(execId, width, height);
  }

  async closeIO({ id, execId, stdin }: proto.CloseIORequest, call: Call): Promise<void> {
    const container = await this.#container(id, call);
    const process = container.process(execId);
    if (stdin) process.closeStdin();
  }

  async wait(
    { id, execId }: proto.WaitRequest,
    call: Call,
  ): Promise<proto.WaitResponse.Properties> {
    const container = await this.#container(id, call);
    const { status, exitedAt } = await container.process(execId).exited;
    return { exitStatus: status, exitedAt: toTimestamp(exitedAt) };
  }

  async stats({ id }: proto.StatsRequest, call: Call): Promise<proto.StatsResponse.Properties> {
    const container = await this.#container(id, call);
    return { stats: await container.stats() };
  }

  /**
   * Answers at once, also while a Create is under way: after its restart containerd 1.6 asks a shim nothing else, and drops one that
   * does not know the container, as containerd had died before its Create.
   */
  connect({ id }: proto.ConnectRequest): proto.ConnectResponse.Properties {
    const isBegun = this.#creating.has(id) || this.#sandbox?.id === id;
    const taskPid = isBegun ? 0 : this.#found(id).init.pid;
    return { shimPid: Deno.pid, taskPid };
  }

  *describe(): Generator<Fields> {
    for (const id of this.#creating.keys()) yield { container: id, status: "being created" };
    for (const [id, container] of this.#containers) {
      for (const process of container.processes) {
        const { pid, paths: { stdin, stdout, stderr }, exit } = process;
        yield {
          container: id,
          ...(process === container.init ? {} : { exec: process.id }),
          ...{ status: container.stateOf(process), processPid: pid, stdin, stdout, stderr },
          ...(exit && { exitStatus: exit.status }),
        };
      }
    }
  }

  /** The failures of the runtime and of the host are UNKNOWN, as they are in Go's shim and in containerd's own services. */
  statusOf(error: unknown): StatusError | undefined {
    if (FAULTS.some((Fault) => error instanceof Fault)) return undefined;
    return new StatusError(StatusCode.UNKNOWN, (error as Error).message, { cause: error });
  }

  shutdown(): void {
    // A client may give up a Create, ask for the shutdown, and never ask again: the server ends when that Create has failed.
    Promise.allSettled(this.#creating.values()).then(() => {
      if (!this.#isUsed && !this.holdsPod()) this.shim.shutdown();
    });
  }

  get #isUsed(): boolean {
    return this.#containers.size > 0 || this.#creating.size > 0;
  }

  /** Finds a container, and waits for its Create: nerdctl closes a container's input as soon as its own has ended, and only once. */
  async #container(id: string, call: Call): Promise<Container> {
    const creation = this.#creating.get(id);
    if (creation !== undefined) {
      await creation.catch(() => {});
      // A client whose deadline has passed was answered so: nothing may be done for it any more.
      call.deadline.throwIfAborted();
    }
    return this.#found(id);
  }

  #found(id: string): Container {
    const container = this.#containers.get(id);
    if (container !== undefined) return container;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no container ${id}`);
  }
}
