/** containerd's Events service as a shim calls it, without containerd behind: keeps every event as it came. */
import { Empty, type Envelope, ForwardRequest } from "../../../proto/mod.ts";
import { type Metadata, Server, type Service } from "../../../shim/ttrpc/mod.ts";
import { decodeKnown } from "./known_any.ts";

const SERVICE = "containerd.services.events.ttrpc.v1.Events";

/** An event as it came. */
export interface ForwardedEvent {
  envelope: Envelope;
  /** The process that it is about: an exec, or init by its container's id. */
  subject: string;
  /** What came beside it. */
  metadata: Metadata;
}

/** A server to which the environment of a shim's `start` points by `TTRPC_ADDRESS`. */
export class EventServer {
  /** All events so far, in the order in which they came. */
  readonly events: ForwardedEvent[] = [];
  readonly #server: Server;
  readonly #end: Promise<void>;
  #arrival = Promise.withResolvers<void>();

  /** Listens on a unix socket at `path`, which is made. */
  constructor(path: string) {
    const service: Service = { Forward: (payload, { metadata }) => this.#keep(payload, metadata) };
    this.#server = new Server(new Map([[SERVICE, service]]));
    this.#end = this.#server.serve(Deno.listen({ transport: "unix", path }));
  }

  /** Waits for an event that `matches`, among those that came already too, and answers the first. */
  async until(matches: (event: ForwardedEvent) => boolean): Promise<ForwardedEvent> {
    for (;;) {
      const found = this.events.find(matches);
      if (found) return found;
      await this.#arrival.promise;
    }
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.close();
    this.#server.abort();
    await closed;
    await this.#end;
  }

  #keep(payload: Uint8Array, metadata: Metadata): Uint8Array {
    const { envelope } = ForwardRequest.decode(payload);
    if (!envelope?.event) throw new Error("expected an envelope with an event in it");
    const { execId, id, containerId } = decodeKnown(envelope.event);
    this.events.push({ envelope, subject: `${execId || id || containerId}`, metadata });
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
    return Empty.encode({}).finish();
  }
}
