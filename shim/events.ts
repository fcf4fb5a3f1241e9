/** Tells containerd what happens to tasks: its Events service, called by ttrpc or gRPC. */
import {
  Envelope,
  ForwardRequest,
  TaskCheckpointed,
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from "../proto/mod.ts";
import type { Logger } from "./logger.ts";
import { toTimestamp } from "./timestamp.ts";
import { Client, StatusCode, StatusError } from "./ttrpc/mod.ts";

/** The service by protocol; its messages are the same. */
const SERVICES = {
  ttrpc: "containerd.services.events.ttrpc.v1.Events",
  grpc: "containerd.services.events.v1.Events",
};
const CALL_TIMEOUT_MS = 5000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

const TOPICS = {
  TaskCreate: { topic: "/tasks/create", message: TaskCreate },
  TaskStart: { topic: "/tasks/start", message: TaskStart },
  TaskExecAdded: { topic: "/tasks/exec-added", message: TaskExecAdded },
  TaskExecStarted: { topic: "/tasks/exec-started", message: TaskExecStarted },
  TaskExit: { topic: "/tasks/exit", message: TaskExit },
  TaskOOM: { topic: "/tasks/oom", message: TaskOOM },
  TaskPaused: { topic: "/tasks/paused", message: TaskPaused },
  TaskResumed: { topic: "/tasks/resumed", message: TaskResumed },
  TaskCheckpointed: { topic: "/tasks/checkpointed", message: TaskCheckpointed },
  TaskDelete: { topic: "/tasks/delete", message: TaskDelete },
} as const;

/** The events by the names of their messages in `containerd.events`. */
export type EventName = keyof typeof TOPICS;
/** The message of an event. */
export type Event<Name extends EventName> = Parameters<typeof TOPICS[Name]["message"]["encode"]>[0];

/** Where containerd takes events. */
export interface EventsAddress {
  readonly protocol: keyof typeof SERVICES;
  /** The path of containerd's socket. */
  readonly path: string;
}

/**
 * Sends events one after the other, in the order they were published. None is given up: while containerd is away they wait in
 * memory, and go out when it is back.
 */
export class Publisher {
  readonly #queue: { topic: string; request: Uint8Array }[] = [];
  #client: EventsClient | undefined;
  #sending: Promise<void> = Promise.resolve();

  /**
   * @param address Without one, events go nowhere.
   * @param namespace containerd's namespace.
   */
  constructor(
    private readonly address: EventsAddress | undefined,
    private readonly namespace: string,
    private readonly logger: Logger,
  ) {}

  /** Queues an event. */
  publish<Name extends EventName>(name: Name, event: Event<Name>): void {
    if (this.address === undefined) return;
    const { topic, message } = TOPICS[name];
    const encode = message.encode as (event: Event<Name>) => { finish(): Uint8Array };
    const envelope: Envelope.Properties = {
      timestamp: toTimestamp(new Date()),
      namespace: this.namespace,
      topic,
      event: { typeUrl: `containerd.events.${name}`, value: encode(event).finish() },
    };
    this.#queue.push({ topic, request: ForwardRequest.encode({ envelope }).finish() });
    if (this.#queue.length === 1) this.#sending = this.#sendAll();
  }

  /** How many events are not out yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Resolves when all events published so far are out. */
  get sent(): Promise<void> {
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    let wait = 0;
    for (let next; (next = this.#queue[0]) !== undefined;) {
      try {
        await this.#send(next.request);
        wait = 0;
      } catch (error) {
        if (!isAway(error)) {
          this.logger.error("containerd refused an event", { topic: next.topic, error });
        } else {
          if (wait === 0) {
            this.logger.warn("an event waits for containerd", { topic: next.topic, error });
          }
          wait = Math.min(Math.max(wait * 2, FIRST_RETRY_MS), LAST_RETRY_MS);
          await new Promise((resolve) => setTimeout(resolve, wait));
          continue;
        }
      }
      this.#queue.shift();
    }
  }

  async #send(request: Uint8Array): Promise<void> {
    const kept = this.#client;
    const service = SERVICES[this.address!.protocol];
    try {
      this.#client ??= await this.#connect(this.address!);
      // As containerd's own clients say it, beside the event as well as in it; by gRPC it is said with the connection.
      const metadata = new Map([["containerd-namespace-ttrpc", [this.namespace]]]);
      const options = { timeoutMs: CALL_TIMEOUT_MS, metadata };
      await this.#client.call(service, "Forward", request, options);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#client?.close();
      this.#client = undefined;
      // The connection was one to a containerd that has ended since: the next one may be there already.
      if (kept !== undefined) return await this.#send(request);
      throw error;
    }
  }

  async #connect({ protocol, path }: EventsAddress): Promise<EventsClient> {
    if (protocol === "ttrpc") return await Client.connect(path);
    const grpc = await import("./grpc/mod.ts");
    return await grpc.Client.connect(path, { "containerd-namespace": this.namespace });
  }
}

/** A connection to containerd, by either protocol. */
type EventsClient = Pick<Client, "call" | "close">;

/** Whether containerd did not get the event: it can't be reached or does not answer, but has not refused it either. */
function isAway(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code === StatusCode.UNAVAILABLE ||
    error.code === StatusCode.DEADLINE_EXCEEDED;
}
