/** The Task service: a container is a WASI module in a process of its own. */
import { join } from "@std/path/posix";
import {
  type CloseIORequest,
  type ConnectRequest,
  type CreateTaskRequest,
  type DeleteRequest,
  type ExecProcessRequest,
  type Exit,
  HostProcess,
  type KillRequest,
  mountRootfs,
  orWarn,
  ownExecutable,
  type PidsRequest,
  type ServedTask,
  type Shim,
  SIGKILL,
  type StartRequest,
  type StateRequest,
  StatusCode,
  StatusError,
  TaskStatus,
  toTimestamp,
  unmountRootfs,
  type WaitRequest,
} from "../../shim/mod.ts";
import { Cgroup } from "./container/cgroup.ts";
import { readSpec } from "./container/spec.ts";

/** A container: what it was created from, and what it has. */
interface Container {
  readonly request: CreateTaskRequest;
  readonly process: HostProcess;
  readonly cgroup: Cgroup | undefined;
  isStarted: boolean;
  /** Resolves when it has ended and containerd was told. */
  readonly told: Promise<Exit>;
}

/** The containers of one server, by their ids: one, or those of a pod. */
export class WasiTask implements ServedTask {
  readonly #containers = new Map<string, Container>();
  /** The ids of those whose Create is under way. */
  readonly #creating = new Set<string>();

  constructor(private readonly shim: Shim) {}

  async create(request: CreateTaskRequest) {
    const { id, bundle, rootfs } = request;
    if (this.#containers.has(id) || this.#creating.has(id)) {
      throw new StatusError(StatusCode.ALREADY_EXISTS, `the container ${id} exists already`);
    }
    if (request.checkpoint) {
      throw new StatusError(StatusCode.UNIMPLEMENTED, "a module can't be restored");
    }
    this.#creating.add(id);
    try {
      const path = join(bundle, "rootfs");
      await mountRootfs(this.shim.reaper, rootfs, path);
      try {
        const { pid } = await this.#createIn(request);
        this.shim.events.publish("TaskCreate", { containerId: id, bundle, rootfs, pid });
        return { pid };
      } catch (error) {
        await orWarn(this.shim.logger, `unmount ${path}`, () => unmountRootfs(rootfs, path));
        if (error instanceof StatusError) throw error;
        throw new StatusError(StatusCode.INVALID_ARGUMENT, (error as Error).message);
      }
    } finally {
      this.#creating.delete(id);
    }
  }

  async #createIn(request: CreateTaskRequest): Promise<HostProcess> {
    const { id, bundle, stdin, stdout, stderr, terminal } = request;
    const spec = readSpec(bundle);
    const cgroup = Cgroup.make(bundle, spec);
    try {
      const process = await HostProcess.create(this.shim, {
        ...{ id, bundle, paths: { stdin, stdout, stderr, terminal }, owner: spec.process.user },
        command: ownExecutable(),
        args: ["-namespace", this.shim.namespace, "-id", id, "-bundle", bundle, "module"],
        saysReady: true,
        onSpawned: (pid) => cgroup?.add(pid),
      });
      const told = process.exited.then((exit) => this.#tell(id, exit, cgroup));
      this.#containers.set(id, { request, process, cgroup, isStarted: false, told });
      return process;
    } catch (error) {
      const hasRunOut = cgroup?.hasRunOut;
      await orWarn(this.shim.logger, `remove the cgroup of ${id}`, () => cgroup?.remove(bundle));
      if (!hasRunOut) throw error;
      const limit = spec.linux?.resources?.memory?.limit;
      throw new Error(
        `out of memory before the module began: the limit of ${limit} bytes has to leave room for Deno`,
      );
    }
  }

  start({ id, execId }: StartRequest) {
    if (execId) throw noExec(id);
    const container = this.#container(id);
    const { pid } = container.process;
    container.process.start();
    container.isStarted = true;
    this.shim.events.publish("TaskStart", { containerId: id, pid });
    return { pid };
  }

  #tell(id: string, exit: Exit, cgroup: Cgroup | undefined): Exit {
    const { pid, status, signal, exitedAt } = exit;
    if (signal === SIGKILL && cgroup?.hasRunOut) {
      this.shim.events.publish("TaskOOM", { containerId: id });
    }
    this.shim.events.publish("TaskExit", {
      ...{ containerId: id, id, pid },
      ...{ exitStatus: status, exitedAt: toTimestamp(exitedAt) },
    });
    return exit;
  }

  exec({ id }: ExecProcessRequest) {
    throw noExec(id);
  }

  state({ id }: StateRequest) {
    const { request, process: { pid, exit }, isStarted } = this.#container(id);
    const { bundle, stdin, stdout, stderr } = request;
    const status = isStarted ? TaskStatus.RUNNING : TaskStatus.CREATED;
    if (exit === undefined) return { id, bundle, pid, stdin, stdout, stderr, status };
    const ended = { exitStatus: exit.status, exitedAt: toTimestamp(exit.exitedAt) };
    return { id, bundle, pid, stdin, stdout, stderr, status: TaskStatus.STOPPED, ...ended };
  }

  async wait({ id }: WaitRequest) {
    const { status, exitedAt } = await this.#container(id).told;
    return { exitStatus: status, exitedAt: toTimestamp(exitedAt) };
  }

  kill({ id, signal, all }: KillRequest) {
    this.#container(id).process.kill(signal, all);
  }

  closeIO({ id, stdin }: CloseIORequest) {
    if (stdin) this.#container(id).process.closeStdin();
  }

  pids({ id }: PidsRequest) {
    return { processes: [{ pid: this.#container(id).process.pid }] };
  }

  async delete({ id, execId }: DeleteRequest) {
    if (execId) throw noExec(id);
    const { request, process, cgroup, told, isStarted } = this.#container(id);
    if (process.exit === undefined) {
      if (isStarted) {
        throw new StatusError(StatusCode.FAILED_PRECONDITION, "cannot delete a running process");
      }
      process.kill(SIGKILL, true);
    }
    const { pid, status, exitedAt } = await told;
    await process.delete();
    await orWarn(
      this.shim.logger,
      `remove the cgroup of ${id}`,
      () => cgroup?.remove(request.bundle),
    );
    await unmountRootfs(request.rootfs, join(request.bundle, "rootfs"));
    this.#containers.delete(id);
    const ended = { pid, exitStatus: status, exitedAt: toTimestamp(exitedAt) };
    this.shim.events.publish("TaskDelete", { containerId: id, ...ended });
    return ended;
  }

  connect({ id }: ConnectRequest) {
    return { shimPid: Deno.pid, taskPid: this.#container(id).process.pid };
  }

  shutdown() {
    if (this.#containers.size === 0 && this.#creating.size === 0) this.shim.shutdown();
  }

  #container(id: string): Container {
    const container = this.#containers.get(id);
    if (container !== undefined) return container;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no container ${id}`);
  }
}

function noExec(id: string): StatusError {
  const message = `nothing can be executed in ${id}: a WASI module is one program without others ` +
    "beside it; run another container from the same image instead";
  return new StatusError(StatusCode.UNIMPLEMENTED, message);
}
