/**
 * Random numbers that are the same for the same seed: what a round of the soak does can be done again.
 *
 * The generator is splitmix32: an odd constant is added to the state, and the sum's bits are mixed.
 */
export class Random {
  #state: number;

  /** @param seed Of its value the lower 32 bits count. */
  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to 2^32 - 1. */
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + this.#next() % (most - least + 1);
  }

  /** Whether something is to happen that happens once in so many times. */
  onceIn(times: number): boolean {
    return this.integer(1, times) === 1;
  }

  /** One of the values. */
  pick<Value>(values: readonly Value[]): Value {
    return values[this.integer(0, values.length - 1)];
  }

  /** The values in another order. */
  shuffle<Value>(values: readonly Value[]): Value[] {
    const rest = [...values];
    return values.map(() => rest.splice(this.integer(0, rest.length - 1), 1)[0]);
  }

  /** So many random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.#next());
  }
}
