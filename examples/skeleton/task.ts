/** The Task service of the skeleton: a container is a process of the host. */
import { join } from "@std/path/posix";
import {
  type CloseIORequest,
  type ConnectRequest,
  type CreateTaskRequest,
  type DeleteRequest,
  type Exit,
  HostProcess,
  type KillRequest,
  type PidsRequest,
  type ServedTask,
  type Shim,
  type StartRequest,
  type StateRequest,
  StatusCode,
  StatusError,
  TaskStatus,
  toTimestamp,
  type WaitRequest,
} from "../../shim/mod.ts";

/** A container: what it was created from, and its process. */
interface Container {
  readonly request: CreateTaskRequest;
  readonly process: HostProcess;
  isStarted: boolean;
  /** Resolves when it has ended and containerd was told. */
  readonly told: Promise<Exit>;
}

/** The containers of one server, by their ids: one, or those of a pod. */
export class SkeletonTask implements ServedTask {
  readonly #containers = new Map<string, Container>();

  constructor(private readonly shim: Shim) {}

  async create(request: CreateTaskRequest) {
    const { id, bundle, stdin, stdout, stderr, terminal } = request;
    if (this.#containers.has(id)) {
      throw new StatusError(StatusCode.ALREADY_EXISTS, `the container ${id} exists already`);
    }
    const { process: { args, env } } = JSON.parse(
      await Deno.readTextFile(join(bundle, "config.json")),
    );
    const process = await HostProcess.create(this.shim, {
      ...{ id, bundle, paths: { stdin, stdout, stderr, terminal } },
      // The process is there from now on, and waits for Start.
      command: "sh",
      args: ["-c", 'read -r _ <&3 && exec "$@" 3<&-', "sh", ...args],
      env: Object.fromEntries(env.map((variable: string) => variable.split(/=(.*)/s))),
    });
    const told = process.exited.then((exit) => this.#tell(id, exit));
    this.#containers.set(id, { request, process, isStarted: false, told });
    this.shim.events.publish("TaskCreate", { containerId: id, bundle, pid: process.pid });
    return { pid: process.pid };
  }

  start({ id }: StartRequest) {
    const container = this.#container(id);
    const { pid } = container.process;
    container.process.start();
    container.isStarted = true;
    this.shim.events.publish("TaskStart", { containerId: id, pid });
    return { pid };
  }

  #tell(id: string, exit: Exit): Exit {
    const { pid, status, exitedAt } = exit;
    this.shim.events.publish("TaskExit", {
      ...{ containerId: id, id, pid },
      ...{ exitStatus: status, exitedAt: toTimestamp(exitedAt) },
    });
    return exit;
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

  async delete({ id }: DeleteRequest) {
    const { process, told, isStarted } = this.#container(id);
    if (process.exit === undefined) {
      if (isStarted) {
        throw new StatusError(StatusCode.FAILED_PRECONDITION, "cannot delete a running process");
      }
      process.kill(9, true);
    }
    const { pid, status, exitedAt } = await told;
    await process.delete();
    this.#containers.delete(id);
    const ended = { pid, exitStatus: status, exitedAt: toTimestamp(exitedAt) };
    this.shim.events.publish("TaskDelete", { containerId: id, ...ended });
    return ended;
  }

  connect({ id }: ConnectRequest) {
    return { shimPid: Deno.pid, taskPid: this.#container(id).process.pid };
  }

  shutdown() {
    if (this.#containers.size === 0) this.shim.shutdown();
  }

  #container(id: string): Container {
    const container = this.#containers.get(id);
    if (container !== undefined) return container;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no container ${id}`);
  }
}
