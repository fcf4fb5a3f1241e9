/** `events`: what containerd's event service tells, one line for each event. */
import { Envelope, type MessageType, NamedEvent, SubscribeRequest } from "../proto/mod.ts";
import { isAnswered } from "../shim/bootstrap/is_answered.ts";
import { TOPICS } from "../shim/server/topics.ts";
import { fromTimestamp } from "../shim/common/timestamp.ts";
import { StatusError } from "../shim/ttrpc/mod.ts";
import { Failure } from "./output/failure.ts";
import { findContainerds } from "./find/containerds.ts";
import { allProcesses } from "./find/processes.ts";
import { findShims } from "./find/shims.ts";
import type { Scope } from "./find/survey.ts";
import { print, printJsonLine } from "./output/print.ts";
import { colours } from "./output/text.ts";

/** What `events` is told. */
export interface EventsOptions extends Scope {
  /** The beginning of a container's id: then only its events are shown. */
  readonly id: string | undefined;
  /** Topics, or what they begin with, as `/tasks`; none for all. */
  readonly topics: readonly string[];
  /** Goes on when containerd has ended, with the next one. */
  readonly follow: boolean;
  readonly json: boolean;
}

/** How long it takes at most until a containerd that is back is noticed, in ms. */
const LOOK_MS = 200;

/**
 * Shows events until it is interrupted.
 * @throws {Failure} If no containerd answers, or, without `follow`, one has ended.
 */
export async function events(options: EventsOptions): Promise<never> {
  const processes = [...allProcesses().values()];
  const found = findContainerds(processes, findShims(processes), options);
  const addresses = found.map(({ address }) => address).filter((address) => address !== "");
  const chosen = options.follow && options.address !== undefined
    ? addresses
    : addresses.filter(isAnswered);
  if (chosen.length === 0) {
    throw new Failure(
      `no containerd answers at ${addresses.join(", ") || "any socket known here"}`,
    );
  }
  return await Promise.race(chosen.map((address) => showEvents(address, options)));
}

async function showEvents(address: string, options: EventsOptions): Promise<never> {
  for (;;) {
    try {
      for await (const envelope of subscribe(address, options)) {
        const event = toEvent(address, envelope);
        if (isMeant(event, options)) show(event, options.json);
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
    if (!options.follow) throw new Failure(`containerd at ${address} has ended`);
    while (!isAnswered(address)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function* subscribe(address: string, { namespace }: Scope): AsyncGenerator<Envelope> {
  const { Client } = await import("../shim/grpc/mod.ts");
  const client = await Client.connect(address);
  const filters = namespace === undefined ? [] : [`namespace==${JSON.stringify(namespace)}`];
  const request = SubscribeRequest.encode({ filters }).finish();
  try {
    for await (
      const answer of client.stream("containerd.services.events.v1.Events", "Subscribe", request)
    ) yield Envelope.decode(answer);
  } finally {
    client.close();
  }
}

/** An event in the JSON of `events`: docs/operating.md. */
interface ShownEvent {
  readonly time: string;
  readonly containerd: string;
  readonly namespace: string;
  readonly topic: string;
  /** The container's id; of other events what they are about: an image, a snapshot. */
  readonly of: string;
  /** The other fields of the event. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The events of tasks, by the names of their messages. */
// deno-lint-ignore no-explicit-any -- the messages have but one field in common
const TASK_EVENTS: Readonly<Record<string, { message: Pick<MessageType<any, any>, "decode"> }>> =
  TOPICS;

function toEvent(containerd: string, { timestamp, namespace, topic, event }: Envelope): ShownEvent {
  const time = fromTimestamp(timestamp ?? { seconds: 0, nanos: 0 }).toISOString();
  const type = TASK_EVENTS[event?.typeUrl.split(".").at(-1) ?? ""]?.message;
  const value = event?.value ?? new Uint8Array();
  if (type === undefined) {
    const { name: of } = NamedEvent.decode(value);
    return { time, containerd, namespace, topic, of, fields: {} };
  }
  const { containerId: of, rootfs: _, ...fields } = type.decode(value);
  return { time, containerd, namespace, topic, of, fields };
}

function isMeant({ of, topic }: ShownEvent, { id, topics }: EventsOptions): boolean {
  const isOfTopic = topics.length === 0 ||
    topics.some((each) => topic === each || topic.startsWith(`${each.replace(/\/$/, "")}/`));
  return isOfTopic &&
    (id === undefined || /^\/(tasks|containers)\//.test(topic) && of.startsWith(id));
}

function show(event: ShownEvent, json: boolean): void {
  if (json) return printJsonLine({ ...event, fields: toJson(event.fields) });
  const { time, namespace, topic, of, fields } = event;
  const words = Object.entries(toJson(fields)).map(([name, value]) =>
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  print(`${[colours.dim(time), namespace || "-", colours.bold(topic), of, ...words].join(" ")}\n`);
}

/** Times as they are written; what has its default left out, but for exit statuses. */
function toJson(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const told = Object.entries(fields).flatMap(([name, value]): [string, unknown][] => {
    if (name.endsWith("At")) {
      return [[name, fromTimestamp(value as { seconds: number; nanos: number }).toISOString()]];
    }
    const isDefault = value === "" || value === false || value === null;
    return isDefault ? [] : [[name, value]];
  });
  return Object.fromEntries(told);
}
