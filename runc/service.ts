/** The Task service for runc's containers, a method for each RPC. */
import type * as proto from "../proto/mod.ts";
import { ProcessDetails } from "../proto/mod.ts";
import {
  type Call,
  type DescribedTask,
  type Fields,
  type Shim,
  StatusCode,
  StatusError,
  toTimestamp,
} from "../shim/mod.ts";
import { decodeCheckpointOptions } from "./checkpoint.ts";
import { Container } from "./container.ts";
import { decodeJson } from "./json.ts";
import { forgetContainer, noteContainer } from "./noted_containers.ts";
import type { State } from "./process.ts";

/** containerd.v1.types.Status */
const STATUS: Readonly<Record<State, number>> = {
  created: 1,
  checkpointed: 1,
  running: 2,
  stopped: 3,
  paused: 4,
  pausing: 5,
  deleted: 0,
};

/** All containers of this shim: one, or those of a pod. */
export class TaskService implements DescribedTask {
  readonly #containers = new Map<string, Container>();
  /** The Creates under way, by the ids of their containers. */
  readonly #creating = new Map<string, Promise<unknown>>();

  constructor(private readonly shim: Shim) {}

  state({ id, execId }: proto.StateRequest): proto.StateResponse.Properties {
    const container = this.#container(id);
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
    if (this.#containers.has(id) || this.#creating.has(id)) {
      throw new StatusError(StatusCode.ALREADY_EXISTS, `the container ${id} exists already`);
    }
    // Where its client has gone it ends at once: who has given it up so, or comes back, has no use for the container.
    const creation = this.#create(request, signal);
    this.#creating.set(id, creation);
    try {
      const { init } = await creation;
      return { pid: init.pid };
    } catch (error) {
      // The one who has gone would have told a server without containers to end.
      if (signal.aborted && !deadline.aborted) this.shutdown();
      throw error;
    }
  }

  async #create(request: proto.CreateTaskRequest, limit: AbortSignal): Promise<Container> {
    const { id, bundle } = request;
    try {
      if (bundle !== this.shim.bundle) noteContainer(this.shim.bundle, id);
      const container = await Container.create(this.shim, request, limit);
      this.#containers.set(id, container);
      return container;
    } catch (error) {
      forgetContainer(this.shim.bundle, id);
      throw error;
    } finally {
      this.#creating.delete(id);
    }
  }

  async start(
    { id, execId }: proto.StartRequest,
    { deadline }: Call,
  ): Promise<proto.StartResponse.Properties> {
    return { pid: await this.#container(id).start(execId, deadline) };
  }

  async delete(
    { id, execId }: proto.DeleteRequest,
    { deadline }: Call,
  ): Promise<proto.DeleteResponse.Properties> {
    // A containerd that died during the Create and came back does not wait for it before it removes the bundle.
    await this.#creating.get(id)?.catch(() => {});
    const process = await this.#container(id).delete(execId, deadline);
    if (execId === "") {
      this.#containers.delete(id);
      forgetContainer(this.shim.bundle, id);
    }
    const { status, exitedAt } = await process.exited;
    return { pid: process.pid, exitStatus: status, exitedAt: toTimestamp(exitedAt) };
  }

  pids({ id }: proto.PidsRequest): proto.PidsResponse.Properties {
    const processes = this.#container(id).pids().map(({ pid, execId }) => ({
      pid,
      info: execId === undefined ? undefined : {
        typeUrl: "containerd.runc.v1.ProcessDetails",
        value: ProcessDetails.encode({ execId }).finish(),
      },
    }));
    return { processes };
  }

  async pause({ id }: proto.PauseRequest, { deadline }: Call): Promise<void> {
    await this.#container(id).pause(deadline);
  }

  async resume({ id }: proto.ResumeRequest, { deadline }: Call): Promise<void> {
    await this.#container(id).resume(deadline);
  }

  async checkpoint(
    { id, path, options }: proto.CheckpointTaskRequest,
    { deadline }: Call,
  ): Promise<void> {
    await this.#container(id).checkpoint(path, decodeCheckpointOptions(options), deadline);
  }

  async update({ id, resources }: proto.UpdateTaskRequest, { deadline }: Call): Promise<void> {
    await this.#container(id).update(decodeJson(resources, "OCI LinuxResources"), deadline);
  }

  async kill({ id, execId, signal, all }: proto.KillRequest, { deadline }: Call): Promise<void> {
    await this.#container(id).kill(execId, signal, all, deadline);
  }

  exec(request: proto.ExecProcessRequest): void {
    this.#container(request.id).exec(request);
  }

  resizePty({ id, execId, width, height }: proto.ResizePtyRequest): void {
    this.#container(id).process(execId).resize(width, height);
  }

  closeIO({ id, execId, stdin }: proto.CloseIORequest): void {
    const process = this.#container(id).process(execId);
    if (stdin) process.closeStdin();
  }

  async wait({ id, execId }: proto.WaitRequest): Promise<proto.WaitResponse.Properties> {
    const { status, exitedAt } = await this.#container(id).process(execId).exited;
    return { exitStatus: status, exitedAt: toTimestamp(exitedAt) };
  }

  stats({ id }: proto.StatsRequest): proto.StatsResponse.Properties {
    return { stats: this.#container(id).stats() };
  }

  /** By what this answers a restarted containerd 1.6 tells a shim that it died too early to use: others ask for Pids as well. */
  connect({ id }: proto.ConnectRequest): proto.ConnectResponse.Properties {
    const taskPid = this.#creating.has(id) ? 0 : this.#container(id).init.pid;
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

  shutdown(): void {
    // A client that has given up a Create does not ask again when that has failed.
    Promise.allSettled(this.#creating.values()).then(() => {
      if (this.#containers.size === 0 && this.#creating.size === 0) this.shim.shutdown();
    });
  }

  #container(id: string): Container {
    const container = this.#containers.get(id);
    if (container !== undefined) return container;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no container ${id}`);
  }
}
