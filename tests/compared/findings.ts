/** What a script of calls brought about with one shim, in a form that can be compared with another shim's. */
import type { Any, ProcessInfo, Timestamp } from "../../proto/mod.ts";
import { decodeKnown } from "../harness/shim/known_any.ts";

/** What came of a step, or an event: all of it as text. */
export interface Finding {
  /** `answer`, an error with its code and message, … */
  readonly outcome: string;
  /** The fields of the message, if there was one, by their names (`processes[0].pid`). */
  readonly fields: ReadonlyMap<string, string>;
}

/** By what they are of: a step's name, an event's. */
export type Findings = ReadonlyMap<string, Finding>;

const PIDS = ["pid", "shimPid", "taskPid"];
/** In an answer of Stats all other numbers are counters, which are never the same twice. */
const LIMIT = /\.(limit|\w+Limit)$/;
/** What Go has for no time at all. */
const ZERO_TIME = Date.parse("0001-01-01T00:00:00Z") / 1000;

/**
 * Collects findings. What is never the same twice is named by where it was seen first: so `the pid of start` in an exit event says
 * that it is that of the process that was started, and so with the times of ends. Nothing else is changed.
 */
export class FindingsCollector {
  readonly #findings = new Map<string, Finding>();
  readonly #firstSeen = new Map<string, string>();

  get findings(): Findings {
    return this.#findings;
  }

  /**
   * Adds what is of `name`.
   * @param subject The process that it is about: two of them may end at the same time.
   */
  add(name: string, outcome: string, message: object = {}, subject = ""): void {
    if (this.#findings.has(name)) throw new Error(`expected one step of the name ${name}`);
    const fields = new Map<string, string>();
    this.#findings.set(name, { outcome, fields });
    for (const [path, value] of this.#flatten("", message)) {
      fields.set(path, this.#textOf(name, path, value, subject));
    }
  }

  /** Yields the values in a message that have no further ones in them. */
  *#flatten(path: string, value: unknown): Iterable<[path: string, value: unknown]> {
    if (Array.isArray(value)) {
      yield [`${path}.length`, value.length];
      // The kernel lists processes by pid, and pids begin anew at times.
      const list = path === "processes" ? this.#bySight(value) : value;
      for (const [index, each] of list.entries()) yield* this.#flatten(`${path}[${index}]`, each);
    } else if (isAny(value)) {
      yield [`${path}.typeUrl`, value.typeUrl];
      yield* this.#flatten(path, decodeKnown(value));
    } else if (typeof value === "object" && value !== null && !isTimestamp(value)) {
      const prefix = path === "" ? "" : `${path}.`;
      for (const [name, each] of Object.entries(value)) {
        yield* this.#flatten(`${prefix}${name}`, each);
      }
    } else {
      yield [path, value];
    }
  }

  #bySight(processes: readonly ProcessInfo[]): ProcessInfo[] {
    const seen = [...this.#firstSeen.keys()];
    const place = ({ pid }: ProcessInfo) => seen.indexOf(`pid ${pid}`);
    return processes.toSorted((one, other) => place(one) - place(other));
  }

  #textOf(name: string, path: string, value: unknown, subject: string): string {
    if (value === null || value === undefined) return "none";
    if (isTimestamp(value)) {
      if (value.seconds === ZERO_TIME) return "Go's zero time";
      // When an event was sent is nothing else's time, but clocks are coarse.
      if (path === "timestamp") return "a time";
      return this.#roleOf(`time ${value.seconds}.${value.nanos} of ${subject}`, name);
    }
    const field = path.slice(path.lastIndexOf(".") + 1);
    if (PIDS.includes(field) && value !== 0) return this.#roleOf(`pid ${value}`, name);
    const isCounter = path.startsWith("stats.") && !LIMIT.test(path);
    return isCounter && typeof value === "number" ? "a number" : `${value}`;
  }

  #roleOf(key: string, name: string): string {
    if (!this.#firstSeen.has(key)) this.#firstSeen.set(key, name);
    return `the ${key.split(" ")[0]} of "${this.#firstSeen.get(key)}"`;
  }
}

function isTimestamp(value: unknown): value is Timestamp {
  return hasFields(value, "nanos", "seconds");
}

function isAny(value: unknown): value is Any {
  return hasFields(value, "typeUrl", "value");
}

function hasFields(value: unknown, ...names: string[]): boolean {
  return typeof value === "object" && value !== null &&
    Object.keys(value).sort().join() === names.join();
}
