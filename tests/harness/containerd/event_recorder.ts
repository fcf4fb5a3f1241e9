import { killIfRunning } from "../machine/kill_child.ts";
import type { PrivateContainerd } from "./private_containerd.ts";

/** One of containerd's events, as `ctr events` prints it. */
export interface RecordedEvent {
  topic: string;
  // deno-lint-ignore no-explicit-any -- the fields are those of the topic's message
  body: any;
}

/** Keeps the events of the namespace of one containerd, in the order in which containerd sent them. */
export class EventRecorder {
  readonly #containerd: PrivateContainerd;
  readonly #ctr: Deno.ChildProcess;
  readonly #end: Promise<void>;
  readonly #events: RecordedEvent[] = [];
  #arrival = Promise.withResolvers<void>();
  #markers = 0;
  #ended = false;

  private constructor(containerd: PrivateContainerd, stderr: "inherit" | "null") {
    this.#containerd = containerd;
    this.#ctr = containerd.spawnCtr(["events"], { stdin: "null", stderr });
    this.#end = this.#follow();
  }

  /**
   * Starts to record, and returns when events do arrive.
   * @param stderr Of ctr, which says there that containerd has gone.
   */
  static async start(
    containerd: PrivateContainerd,
    stderr: "inherit" | "null" = "inherit",
  ): Promise<EventRecorder> {
    const recorder = new EventRecorder(containerd, stderr);
    // ctr does not say when it has subscribed: the first marker that arrives tells.
    while (recorder.#events.length === 0) await recorder.#mark();
    return recorder;
  }

  /** The events of tasks (`/tasks/…`) so far. */
  get tasks(): RecordedEvent[] {
    return this.#events.filter(({ topic }) => topic.startsWith("/tasks/"));
  }

  /**
   * Waits for an event that `matches`, among those already recorded too, and answers the first.
   *
   * @throws Error when the recording ends (as when containerd does) without it.
   */
  async until(matches: (event: RecordedEvent) => boolean): Promise<RecordedEvent> {
    while (true) {
      const found = this.#events.find(matches);
      if (found) return found;
      if (this.#ended) {
        throw new Error(`expected another event than ${JSON.stringify(this.#events)}`);
      }
      await this.#arrival.promise;
    }
  }

  /** Waits for the exit event of a process: of a container's init, or of an exec. */
  async untilExit(container: string, process: string = container): Promise<RecordedEvent> {
    return await this.until(({ topic, body }) =>
      topic === "/tasks/exit" && body.container_id === container && body.id === process
    );
  }

  /** Returns when every event that containerd has had until now is recorded. */
  async catchUp(): Promise<void> {
    const marker = await this.#mark();
    await this.until(({ topic, body }) =>
      topic === "/namespaces/update" && body.labels?.marker === marker
    );
  }

  /** Ends the recording. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Where containerd has gone it ends by itself.
    killIfRunning(this.#ctr);
    await this.#ctr.status;
    await this.#end;
  }

  /** Makes containerd send an event of ours, which has no other effect. */
  async #mark(): Promise<string> {
    const marker = `${++this.#markers}`;
    const { namespace } = this.#containerd;
    await this.#containerd.ctr("namespaces", "label", namespace, `marker=${marker}`);
    return marker;
  }

  async #follow(): Promise<void> {
    let text = "";
    for await (const part of this.#ctr.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      const lines = text.split("\n");
      text = lines.pop()!;
      this.#events.push(...lines.map(parse).filter((event) => this.#isOurs(event)));
      this.#arrival.resolve();
      this.#arrival = Promise.withResolvers();
    }
    this.#ended = true;
    this.#arrival.resolve();
  }

  #isOurs({ namespace }: { namespace: string }): boolean {
    return namespace === this.#containerd.namespace || namespace === "";
  }
}

/**
 * Lines look like `2026-11-21 09:39:19.7 +0000 UTC <namespace> <topic> <JSON>`. In the JSON a time is one of ISO 8601 up to containerd
 * 1.6, and a `google.protobuf.Timestamp` from 1.7 on: it becomes milliseconds of 1970's clock.
 */
function parse(line: string): RecordedEvent & { namespace: string } {
  const match = line.match(/ UTC (\S*) (\/\S+) (.*)$/);
  if (!match) throw new Error(`expected a line of \`ctr events\`, not ${JSON.stringify(line)}`);
  return { namespace: match[1], topic: match[2], body: JSON.parse(match[3], parseTime) };
}

// deno-lint-ignore no-explicit-any -- what JSON.parse has parsed
function parseTime(key: string, value: any): any {
  if (key !== "exited_at") return value;
  return typeof value === "string" ? Date.parse(value) : value.seconds * 1e3 + value.nanos / 1e6;
}
