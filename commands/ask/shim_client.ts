/** A shim as its clients see it: calls of its Task service, none of which changes anything. */
import {
  type Any,
  ConnectRequest,
  ConnectResponse,
  type MessageType,
  PidsRequest,
  PidsResponse,
  ProcessDetails,
  StateRequest,
  StateResponse,
  StatsRequest,
  StatsResponse,
} from "../../proto/mod.ts";
import { TASK_SERVICES } from "../../shim/common/service_names.ts";
import { Client, StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import type { ShimAddress } from "../find/bundles.ts";

/** How long a shim has for all its answers, in ms; one that takes longer is listed as such. */
export const PATIENCE_MS = 2_000;

/** A process of a container; where it has an exec id it is an exec'd one. */
export interface ContainerProcess {
  readonly pid: number;
  readonly execId: string | undefined;
}

type Connection = Pick<Client, "call" | "close">;

/** A connection to a shim, which has {@linkcode PATIENCE_MS} from its making on, or since it was {@linkcode ShimClient.renew}ed. */
export class ShimClient implements Disposable {
  readonly #client: Connection;
  #end = performance.now() + PATIENCE_MS;
  #service = TASK_SERVICES[0];

  private constructor(client: Connection) {
    this.#client = client;
  }

  /**
   * Connects.
   * @throws {Error} If nobody listens on the socket, or who does takes too long.
   */
  static async connect({ path, protocol }: ShimAddress): Promise<ShimClient> {
    if (protocol === "ttrpc") return new ShimClient(await inTime(Client.connect(path)));
    const grpc = await import("../../shim/grpc/mod.ts");
    return new ShimClient(await grpc.Client.connect(path));
  }

  /** Gives the shim as long again, after it has answered. */
  renew(): void {
    this.#end = performance.now() + PATIENCE_MS;
  }

  /** The pid of the shim, that of the container's init, and the version of the API. */
  connect(id: string): Promise<ConnectResponse> {
    return this.#call("Connect", ConnectRequest, { id }, ConnectResponse);
  }

  /**
   * The state of a container's init, or of an exec'd process.
   * @throws {StatusError} NOT_FOUND if the shim has none.
   */
  state(id: string, execId = ""): Promise<StateResponse> {
    return this.#call("State", StateRequest, { id, execId }, StateResponse);
  }

  /** All processes of a container. */
  async pids(id: string): Promise<ContainerProcess[]> {
    const { processes } = await this.#call("Pids", PidsRequest, { id }, PidsResponse);
    return processes.map(({ pid, info }) => ({
      pid,
      execId: info ? ProcessDetails.decode(info.value).execId || undefined : undefined,
    }));
  }

  /** What the container uses: `io.containerd.cgroups.v1.Metrics` or `….v2.Metrics`. */
  async stats(id: string): Promise<Any | null> {
    return (await this.#call("Stats", StatsRequest, { id }, StatsResponse)).stats;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #call<Properties, Answer>(
    method: string,
    requestType: Pick<MessageType<unknown, Properties>, "encode">,
    request: Properties,
    answerType: Pick<MessageType<Answer, unknown>, "decode">,
  ): Promise<Answer> {
    const payload = requestType.encode(request).finish();
    const send = (service: string) => {
      const timeoutMs = Math.max(0, this.#end - performance.now());
      return this.#client.call(service, method, payload, { timeoutMs });
    };
    const service = this.#service;
    try {
      return answerType.decode(await send(service));
    } catch (error) {
      if (!isCode(error, StatusCode.UNIMPLEMENTED) || service !== TASK_SERVICES[0]) throw error;
      this.#service = TASK_SERVICES[1];
      return answerType.decode(await send(this.#service));
    }
  }
}

/** Whether an error is an answer, or none, with this code. */
export function isCode(error: unknown, code: number): boolean {
  return error instanceof StatusError && error.code === code;
}

/** Whether an error is that no answer came: not in time, or the shim has gone. */
export function isSilence(error: unknown): boolean {
  return isCode(error, StatusCode.DEADLINE_EXCEEDED) || isCode(error, StatusCode.UNAVAILABLE);
}

/** Waits no longer than a shim is waited for; where a connection comes later it is closed. */
async function inTime(connecting: Promise<Client>): Promise<Client> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    connecting.then((client) => client.close(), () => {});
    const message = `no connection within ${PATIENCE_MS} ms`;
    late.reject(new StatusError(StatusCode.DEADLINE_EXCEEDED, message));
  }, PATIENCE_MS);
  try {
    return await Promise.race([connecting, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
