/** Work that may stand still, kept from taking all the threads there are. */

/**
 * How much goes on at a time in one lane. Work that stands still keeps one or two threads of Deno's pool, which has 32, and where none
 * is left the whole shim stands still: even epoll_wait(2) needs one.
 */
const AT_A_TIME = 4;

/** Runs some work at a time; what comes while there is enough waits for its turn, without a thread. */
export class Lane {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs `work` when it is its turn; resolves and rejects as `work` does. */
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
 * The lane of all that is done with one file system: should it stand still, it does so alone.
 * @param device Names it.
 */
export function laneOf(device: string): Lane {
  const lane = lanes.get(device) ?? new Lane();
  lanes.set(device, lane);
  return lane;
}
