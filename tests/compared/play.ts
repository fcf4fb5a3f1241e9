/** Plays a script of calls with a shim. */
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import { within } from "../harness/expect/within.ts";
import type { Host } from "../harness/shim/direct_shim.ts";
import type { ForwardedEvent } from "../harness/shim/event_server.ts";
import { LATER, type Script, type Step } from "./call_script.ts";
import { type Findings, FindingsCollector } from "./findings.ts";
import { Stage } from "./stage.ts";

/** For one step; no measure of speed. */
const SECONDS = 20;

/** How a step ended. */
interface Outcome {
  outcome: string;
  message?: object;
}

/** Of a call under way when the shim ends. */
const UNANSWERED: Outcome = { outcome: "no answer" };

/**
 * Plays a script, and answers what came of each step, and all events.
 * @param host Its folder must not be there yet, and is not there any more in the end.
 */
export async function play(script: Script, host: Host): Promise<Findings> {
  const stage = await Stage.build(host, script);
  const outcomes: Promise<Outcome>[] = [];
  for (const step of script.steps) {
    const isLater = step[3] === LATER;
    const outcome = outcomeOf(stage.perform(step));
    outcomes.push(outcome);
    if (isLater) continue;
    const what = `the end of "${step[0]}" by ${host.runtime.binary}`;
    if (await within(SECONDS, what, outcome) === UNANSWERED) {
      throw new Error(`expected ${what}, and the shim has ended`);
    }
  }
  await within(SECONDS, `the deletion of all by ${host.runtime.binary}`, stage.quiet());
  const leftovers = await stage.clear();

  const collector = new FindingsCollector();
  for (const [index, step] of script.steps.entries()) {
    const { outcome, message } = await outcomes[index];
    collector.add(step[0], outcome, message, subjectOf(step));
  }
  addEvents(collector, stage.events);
  collector.add("after the end", "leftovers", leftovers);
  return collector.findings;
}

/** The id of the process that a step is about. */
function subjectOf([, , request]: Step): string {
  const { id = "box", execId = id }: { id?: string; execId?: string } = { ...request };
  return execId;
}

async function outcomeOf(answer: Promise<object | void>): Promise<Outcome> {
  try {
    return { outcome: "answer", message: await answer ?? {} };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.code === StatusCode.UNAVAILABLE) return UNANSWERED;
    return { outcome: `error ${error.code}: ${error.message.trim()}` };
  }
}

/** Adds each event by its topic and process, and the order of all. */
function addEvents(collector: FindingsCollector, events: readonly ForwardedEvent[]): void {
  const counts = new Map<string, number>();
  const names = events.filter(isNoRemoval).map(({ envelope, subject, metadata }) => {
    const name = `${envelope.topic} of ${subject}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const unique = count === 1 ? name : `${name} (${count})`;
    const message = { ...envelope, metadata: Object.fromEntries(metadata) };
    collector.add(unique, "event", message, subject);
    return unique;
  });
  collector.add("events", names.join(", "));
}

/** To the Go shim the removal of a cgroup of version 1 looks like an OOM at times: no container has one when it has ended. */
function isNoRemoval(event: ForwardedEvent, index: number, events: readonly ForwardedEvent[]) {
  if (event.envelope.topic !== "/tasks/oom") return true;
  const before = events.slice(0, index).filter(({ subject }) => subject === event.subject);
  return before.at(-1)?.envelope.topic === "/tasks/start";
}
