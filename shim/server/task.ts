/** The Task service as an interface: what containerd asks of a shim, a method for each RPC. */
import * as proto from "../../proto/mod.ts";
import { annotate, type Attributes, type Fields, type Logger } from "../common/mod.ts";
import { SANDBOX_SERVICE, TASK_SERVICES } from "../common/service_names.ts";
import type { Service, StatusError } from "../ttrpc/mod.ts";
import { lazySandboxService } from "./lazy_sandbox.ts";
import { type Handlers, toService } from "./rpc.ts";
import type { Sandbox } from "./sandbox.ts";

const METHODS = {
  State: [proto.StateRequest, proto.StateResponse],
  Create: [proto.CreateTaskRequest, proto.CreateTaskResponse],
  Start: [proto.StartRequest, proto.StartResponse],
  Delete: [proto.DeleteRequest, proto.DeleteResponse],
  Pids: [proto.PidsRequest, proto.PidsResponse],
  Pause: [proto.PauseRequest, proto.Empty],
  Resume: [proto.ResumeRequest, proto.Empty],
  Checkpoint: [proto.CheckpointTaskRequest, proto.Empty],
  Update: [proto.UpdateTaskRequest, proto.Empty],
  Kill: [proto.KillRequest, proto.Empty],
  Exec: [proto.ExecProcessRequest, proto.Empty],
  ResizePty: [proto.ResizePtyRequest, proto.Empty],
  CloseIO: [proto.CloseIORequest, proto.Empty],
  Wait: [proto.WaitRequest, proto.WaitResponse],
  Stats: [proto.StatsRequest, proto.StatsResponse],
  Connect: [proto.ConnectRequest, proto.ConnectResponse],
  Shutdown: [proto.ShutdownRequest, proto.Empty],
} as const;

type Methods = typeof METHODS;

/** The RPCs that containerd needs of every shim. Another one is answered UNIMPLEMENTED if there is no method for it. */
type Needed =
  | "state"
  | "create"
  | "start"
  | "delete"
  | "pids"
  | "kill"
  | "wait"
  | "connect"
  | "shutdown";

/**
 * The Task service, which a shim implements: for each RPC a method with its name in camelCase. It takes the decoded request and the
 * rest of the call, and returns, or promises, the properties of the answer. A thrown {@linkcode StatusError} is answered with its code.
 */
export type Task = Pick<Handlers<Methods>, Needed> & Partial<Omit<Handlers<Methods>, Needed>>;

/** A Task service as a server serves it. */
export interface ServedTask extends Task {
  /** Ends the server unless it holds a container. It is an RPC, and the server itself calls it when nobody uses it. */
  shutdown(): void;
  /** Loads the shim's Sandbox service, if it has one, when the service is first called. */
  loadSandbox?(): Promise<Sandbox>;
  /** Whether it holds a sandbox: there may be no process for it, so that only this keeps SIGTERM from ending the server. */
  holdsPod?(): boolean;
  /** Makes a record for each process, with whatever is worth knowing when the shim seems to hang; for SIGUSR1. */
  describe?(): Iterable<Fields>;
  /**
   * Turns an error that is no {@linkcode StatusError} into an answer. If it returns undefined, the error counts as a fault of the
   * service: the answer is INTERNAL, and the stack is logged.
   */
  statusOf?(error: unknown): StatusError | undefined;
}

/** What a Task service has been used for so far. */
export class TaskUse {
  readonly #createListeners: ((request: proto.CreateTaskRequest) => void)[] = [];
  readonly #deleteListeners: (() => void)[] = [];
  #hasCreated = false;
  #hasDeleted = false;

  /** Whether a Create has ever come. */
  get hasCreated(): boolean {
    return this.#hasCreated;
  }

  /** Whether a container, and not only an exec, has ever been deleted. */
  get hasDeleted(): boolean {
    return this.#hasDeleted;
  }

  /** Calls `listener` from now on with each Create, before the Task service has it. What it throws is the answer. */
  onCreate(listener: (request: proto.CreateTaskRequest) => void): void {
    this.#createListeners.push(listener);
  }

  /** Calls `listener` from now on whenever a container was deleted. */
  onDelete(listener: () => void): void {
    this.#deleteListeners.push(listener);
  }

  /** To be called before a request is handed to the Task service. */
  begin(name: string, request: unknown): void {
    if (name !== "Create") return;
    this.#hasCreated = true;
    for (const listener of this.#createListeners) listener(request as proto.CreateTaskRequest);
  }

  /** To be called when the Task service has done what a request asks for. */
  end(name: string, request: unknown): void {
    if (name !== "Delete" || (request as proto.DeleteRequest).execId !== "") return;
    this.#hasDeleted = true;
    for (const listener of this.#deleteListeners) listener();
  }
}

/**
 * The ttrpc services of a Task service.
 * @param logger Gets the faults of the Task service.
 * @param use Is told what it is used for.
 */
export function taskServices(
  task: ServedTask,
  logger: Logger,
  use = new TaskUse(),
): ReadonlyMap<string, Service> {
  const statusOf = task.statusOf?.bind(task);
  const service = toService(METHODS, task, {
    service: "Task",
    logger,
    statusOf,
    onBegin: (name, request) => {
      annotate(attributesOf(request as { id: string; execId?: string }));
      use.begin(name, request);
    },
    onEnd: (name, request) => use.end(name, request),
  });
  const services = new Map(TASK_SERVICES.map((name) => [name, service]));
  if (task.loadSandbox === undefined) return services;
  return services.set(
    SANDBOX_SERVICE,
    lazySandboxService(task.loadSandbox.bind(task), { service: "Sandbox", logger, statusOf }),
  );
}

function attributesOf({ id, execId }: { id: string; execId?: string }): Attributes {
  return { "container.id": id, ...(execId && { "containerd.exec.id": execId }) };
}
