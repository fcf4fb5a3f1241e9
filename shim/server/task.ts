/** The Task service as an interface: what containerd asks of a shim, a method for each RPC. */
import * as proto from "../../proto/mod.ts";
import { type Call, type Service, StatusCode, StatusError } from "../ttrpc/mod.ts";

/** Its names: containerd 1.6 and 1.7 call the first, 2.x the second. Methods and messages are the same. */
const SERVICES = ["containerd.task.v2.Task", "containerd.task.v3.Task"];

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
type Decoded<Type> = Type extends { decode(bytes: Uint8Array): infer Message } ? Message : never;
type Encodable<Type> = Type extends { encode(message: infer Properties): unknown }
  ? Record<never, never> extends Required<Properties> ? void : Properties
  : never;

/**
 * What a shim implements: for each RPC a method of its name, its first letter small, that takes the decoded request, and what else
 * there is of the call, and gives, or promises, the properties of the answer. A thrown {@linkcode StatusError} is answered with its
 * code.
 */
export type Task = {
  [Name in keyof Methods as Uncapitalize<Name>]: (
    request: Decoded<Methods[Name][0]>,
    call: Call,
  ) => Encodable<Methods[Name][1]> | Promise<Encodable<Methods[Name][1]>>;
};

/** The ttrpc services of a Task service. */
export function taskServices(task: Task): ReadonlyMap<string, Service> {
  const methods = Object.entries(METHODS).map(([name, [request, response]]) => {
    const key = name[0].toLowerCase() + name.slice(1) as keyof Task;
    const method = task[key].bind(task) as (request: unknown, call: Call) => unknown;
    const encode = response.encode as (answer: unknown) => { finish(): Uint8Array };
    const decode = (payload: Uint8Array) => {
      try {
        return request.decode(payload);
      } catch (error) {
        // As ttrpc's Go server has it.
        const message = `can't decode the request: ${(error as Error).message}`;
        throw new StatusError(StatusCode.INTERNAL, message);
      }
    };
    return [
      name,
      async (payload: Uint8Array, call: Call) =>
        encode(await method(decode(payload), call) ?? {}).finish(),
    ] as const;
  });
  const service: Service = Object.fromEntries(methods);
  return new Map(SERVICES.map((name) => [name, service]));
}
