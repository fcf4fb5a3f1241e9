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
} from "../../proto/mod.ts";
import type { EventsAddress, Protocol } from "../bootstrap/mod.ts";
import { type Logger, toTimestamp } from "../common/mod.ts";
import { Client, startDeadline, StatusCode, StatusError } from "../ttrpc/mod.ts";

/** The service by protocol; its messages are the same. */
const SERVICES: Readonly<Record<Protocol, string>> = {
  ttrpc: "containerd.services.events.ttrpc.v1.Events",
  grpc: "containerd.services.events.v1.Events",
};
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;
/** After so long it is told that events wait: a restart of containerd takes less. */
const PATIENCE_MS = 5000;

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

/**
 * Sends events one after the other, in the order they were published. None is given up: while containerd is away they wait in
 * memory, and go out when it is back.
 *
 * An answer is waited for as long as the connection lives, however slow containerd is: it may have told its clients of the event
 * already, and would tell them again. An event is sent again only where it can't have been taken, since there was no connection or
 * containerd says so (UNAVAILABLE), and where the connection was lost before an answer: whether it was taken nobody can know then,
 * but the containerd that took it has ended, and its clients ask the next one.
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
    let isTold = false;
    for (let next; (next = this.#queue[0]) !== undefined; this.#queue.shift()) {
      const { topic, request } = next;
      let failure: unknown = "no answer yet";
      const stopWaiting = startDeadline(PATIENCE_MS, () => {
        // Once, however many have to wait.
        if (!isTold) this.logger.warn("an event waits for containerd", { topic, error: failure });
        isTold = true;
      });
      try {
        await this.#sendUntilTaken(request, (error) => failure = error);
      } catch (error) {
        this.logger.error("containerd refused an event", { topic, error });
      } finally {
        stopWaiting();
      }
    }
    if (isTold) this.logger.info("containerd has taken the events that waited");
  }

  /** @throws {StatusError} as containerd refuses the event */
  async #sendUntilTaken(request: Uint8Array, onFailure: (error: unknown) => void): Promise<void> {
    for (let wait = FIRST_RETRY_MS;; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        return await this.#send(request);
      } catch (error) {
        if (!isAway(error)) throw error;
        onFailure(error);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #send(request: Uint8Array): Promise<void> {
    const kept = this.#client;
    const service = SERVICES[this.address!.protocol];
    try {
      this.#client ??= await this.#connect(this.address!);
      // As containerd's own clients say it, beside the event as well as in it; by gRPC it is said with the connection.
      const metadata = new Map([["containerd-namespace-ttrpc", [this.namespace]]]);
      await this.#client.call(service, "Forward", request, { metadata });
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
    const grpc = await import("../grpc/mod.ts");
    return await grpc.Client.connect(path, { "containerd-namespace": this.namespace });
  }
}

/** A connection to containerd, by either protocol. */
type EventsClient = Pick<Client, "call" | "close">;

/** Whether containerd can't be reached, was lost, or says that it can't take an event now; not that it refuses this one. */
function isAway(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code === StatusCode.UNAVAILABLE;
}
