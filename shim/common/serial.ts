/** Runs asynchronous work one piece after the other, in the order in which it came. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();
  #unfinished = 0;

  /** Runs `work` when all work that came before has ended, also by an error; resolves and rejects as `work` does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#unfinished++;
    const finish = () => void this.#unfinished--;
    const result = this.#last.then(work);
    this.#last = result.then(finish, finish);
    return result;
  }

  /** Whether any work has not ended yet. */
  get isBusy(): boolean {
    return this.#unfinished > 0;
  }

  /** Resolves when all work that has come so far has ended. */
  get idle(): Promise<unknown> {
    return this.#last;
  }
}
