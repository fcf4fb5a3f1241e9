/** The Task service of a shim, called by ttrpc without containerd between. */
import * as proto from "../../../proto/mod.ts";
import { type CallOptions, Client } from "../../../shim/ttrpc/mod.ts";

/** The methods of the Task service, each with the messages of its request and its answer. */
const methods = {
  Checkpoint: [proto.CheckpointTaskRequest, proto.Empty],
  CloseIO: [proto.CloseIORequest, proto.Empty],
  Connect: [proto.ConnectRequest, proto.ConnectResponse],
  Create: [proto.CreateTaskRequest, proto.CreateTaskResponse],
  Delete: [proto.DeleteRequest, proto.DeleteResponse],
  Exec: [proto.ExecProcessRequest, proto.Empty],
  Kill: [proto.KillRequest, proto.Empty],
  Pause: [proto.PauseRequest, proto.Empty],
  Pids: [proto.PidsRequest, proto.PidsResponse],
  ResizePty: [proto.ResizePtyRequest, proto.Empty],
  Resume: [proto.ResumeRequest, proto.Empty],
  Shutdown: [proto.ShutdownRequest, proto.Empty],
  Start: [proto.StartRequest, proto.StartResponse],
  State: [proto.StateRequest, proto.StateResponse],
  Stats: [proto.StatsRequest, proto.StatsResponse],
  Update: [proto.UpdateTaskRequest, proto.Empty],
  Wait: [proto.WaitRequest, proto.WaitResponse],
} as const;

type Methods = typeof methods;
/** The methods' names. */
export type MethodName = keyof Methods;
/** What can be sent to a method. */
export type RequestOf<Name extends keyof Methods> = Parameters<Methods[Name][0]["encode"]>[0];
type AnswerOf<Name extends keyof Methods> = ReturnType<Methods[Name][1]["decode"]>;

/** A connection to a shim, by whichever protocol. That of gRPC does not tell when the shim has closed it. */
export type Connection = Pick<Client, "call" | "close"> & Partial<Pick<Client, "closed">>;

/** A connection to the Task service of a shim. */
export class TaskClient {
  readonly client: Connection;
  readonly #service: string;

  constructor(client: Connection, service: string) {
    this.client = client;
    this.#service = service;
  }

  /** Connects to the address that a shim's `start` answers (`unix://…`). */
  static async connect(
    address: string,
    service = "containerd.task.v2.Task",
  ): Promise<TaskClient> {
    return new TaskClient(await Client.connect(address.replace("unix://", "")), service);
  }

  /**
   * @param options As {@linkcode Client.call} takes them.
   * @throws StatusError as the shim answers it.
   */
  async call<Name extends keyof Methods>(
    name: Name,
    request: RequestOf<Name>,
    options: CallOptions = {},
  ): Promise<AnswerOf<Name>> {
    const [requestType, answerType] = methods[name];
    const payload = (requestType.encode as (request: RequestOf<Name>) => {
      finish(): Uint8Array<ArrayBuffer>;
    })(request).finish();
    const answer = await this.client.call(this.#service, name, payload, options);
    return answerType.decode(answer) as AnswerOf<Name>;
  }
}

/**
 * The spec for an Exec, as containerd's client hands it over.
 * @param rest More of the OCI process.
 */
export function processSpec(args: string[], rest: object = {}): proto.Any.Properties {
  return jsonAny("Process", {
    args,
    cwd: "/",
    env: ["PATH=/bin"],
    user: { uid: 0, gid: 0 },
    ...rest,
  });
}

/** What the OCI runtime spec calls `name`, as containerd's client hands it over. */
export function jsonAny(name: string, value: object): proto.Any.Properties {
  return {
    typeUrl: `types.containerd.io/opencontainers/runtime-spec/1/${name}`,
    value: new TextEncoder().encode(JSON.stringify(value)),
  };
}
