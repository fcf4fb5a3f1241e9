/** Runs asynchronous pieces of work one after the other, in the order they came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all that came before has ended, however it ended; resolves and rejects as `work` does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all that has come so far has ended. */
  get idle(): Promise<unknown> {
    return this.#last;
  }
}
