/** A bound on work that may stand still, so that it never takes all threads of Deno's pool. */

/**
 * How many pieces of work one lane runs at a time. Each may hold one or two threads of Deno's pool, which has 32. If none were left,
 * the whole shim would stand still: epoll_wait(2) needs one, too.
 */
const AT_A_TIME = 4;

/** Runs only so many pieces of work at a time; others wait for their turn, without a thread. */
export class Lane {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs `work` when its turn has come; resolves and rejects as `work` does. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#running === AT_A_TIME) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

const lanes = new Map<string, Lane>();

/**
 * The lane for the work on one file system: if that stands still, no other one is held up.
 * @param device The device of the file system, as `major:minor`.
 */
export function laneOf(device: string): Lane {
  const lane = lanes.get(device) ?? new Lane();
  lanes.set(device, lane);
  return lane;
}
