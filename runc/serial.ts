/** Runs asynchronous work one piece after the other, in the order in which it came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all work that came before has ended, also by an error; resolves and rejects as `work` does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all work that has come so far has ended. */
  get idle(): Promise<unknown> {
    return this.#last;
  }
}
