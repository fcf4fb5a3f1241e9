/** Publishes the events of tasks, by containerd's Events service: over ttrpc or gRPC. */
import { Envelope, ForwardRequest } from "../../proto/mod.ts";
import type { EventsAddress } from "../bootstrap/mod.ts";
import { after, inSpan, type Logger, sleep, toTimestamp, traceparent } from "../common/mod.ts";
import type { Protocol } from "../settings/settings.ts";
import { Client, StatusCode, StatusError } from "../ttrpc/mod.ts";
import { TOPICS } from "./topics.ts";

/** The name of the service for each protocol; its messages are the same. */
const SERVICES: Readonly<Record<Protocol, string>> = {
  ttrpc: "containerd.services.events.ttrpc.v1.Events",
  grpc: "containerd.services.events.v1.Events",
};
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;
/** After so many ms the log says that events wait; a restart of containerd takes less. */
const PATIENCE_MS = 5000;

/** The name of an event: that of its message in the package `containerd.events`. */
export type EventName = keyof typeof TOPICS;
/** The message of an event. */
export type Event<Name extends EventName> = Parameters<typeof TOPICS[Name]["message"]["encode"]>[0];

interface QueuedEvent {
  readonly topic: string;
  readonly request: Uint8Array;
  /** The `traceparent` of the span in which it was published, or none. */
  readonly causes: string[];
}

/**
 * Sends events one after the other, in the order in which they are published. None is dropped: while containerd is away they wait in
 * memory, and they are sent when it is back.
 *
 * An answer is waited for as long as the connection lives, however slow containerd is: it may have passed on the event to its clients
 * already, and would do so again. An event is sent again only if containerd can't have taken it, as there was no connection or it says
 * so (UNAVAILABLE), or if the connection was lost before the answer. Then nobody knows whether it was taken; but the containerd that
 * may have taken it has ended, and its clients ask the next one.
 */
export class Publisher {
  readonly #queue: QueuedEvent[] = [];
  #client: EventsClient | undefined;
  #sending: Promise<void> = Promise.resolve();

  /**
   * @param address Without one, events are not sent at all.
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
    const request = ForwardRequest.encode({ envelope }).finish();
    const cause = traceparent();
    this.#queue.push({ topic, request, causes: cause === undefined ? [] : [cause] });
    if (this.#queue.length === 1) this.#sending = this.#sendAll();
  }

  /** How many events have not been sent yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Ends the connection to containerd. No event may be published any more. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  /** Resolves when all events that have been published so far are sent. */
  get sent(): Promise<void> {
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    let isTold = false;
    for (let next; (next = this.#queue[0]) !== undefined; this.#queue.shift()) {
      const { topic } = next;
      let failure: unknown = "no answer yet";
      const stopWaiting = after(PATIENCE_MS, () => {
        // It is logged once, however many events have to wait.
        if (!isTold) this.logger.warn("an event waits for containerd", { topic, error: failure });
        isTold = true;
      });
      try {
        await this.#sendUntilTaken(next, (error) => failure = error);
      } catch (error) {
        this.logger.error("containerd refused an event", { topic, error });
      } finally {
        stopWaiting();
      }
    }
    if (isTold) this.logger.info("containerd has taken the events that waited");
  }

  /** @throws {StatusError} If containerd refuses the event. */
  async #sendUntilTaken(event: QueuedEvent, onFailure: (error: unknown) => void): Promise<void> {
    for (let wait = FIRST_RETRY_MS;; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        return await this.#send(event);
      } catch (error) {
        if (!isAway(error)) throw error;
        onFailure(error);
      }
      await sleep(wait);
    }
  }

  async #send(event: QueuedEvent): Promise<void> {
    const kept = this.#client;
    const service = SERVICES[this.address!.protocol];
    try {
      this.#client ??= await this.#connect(this.address!);
      // containerd's own clients name the namespace beside the event, too; by gRPC it is a header of the connection.
      const metadata = new Map([["containerd-namespace-ttrpc", [this.namespace]]]);
      await forward(this.#client, service, event, metadata);
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#client?.close();
      this.#client = undefined;
      // An older connection was one to a containerd that has ended since; the next one may be there already.
      if (kept !== undefined) return await this.#send(event);
      throw error;
    }
  }

  async #connect({ protocol, path }: EventsAddress): Promise<EventsClient> {
    if (protocol === "ttrpc") return await Client.connect(path);
    const grpc = await import("../grpc/mod.ts");
    return await grpc.Client.connect(path, { "containerd-namespace": this.namespace });
  }
}

/** Calls the service, and lets containerd's part in it be found in the trace. */
async function forward(
  client: EventsClient,
  service: string,
  { topic, request, causes }: QueuedEvent,
  metadata: Map<string, string[]>,
): Promise<void> {
  const attributes = { "rpc.method": `${service}/Forward`, "containerd.event.topic": topic };
  await inSpan(`publish ${topic}`, { attributes, isCall: true, causes }, () => {
    const span = traceparent();
    if (span !== undefined) metadata.set("traceparent", [span]);
    return client.call(service, "Forward", request, { metadata });
  });
}

/** A connection to containerd, by either protocol. */
type EventsClient = Pick<Client, "call" | "close">;

/** Whether an error means that containerd can't take any event now, and not that it refuses this one. */
function isAway(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code === StatusCode.UNAVAILABLE;
}
