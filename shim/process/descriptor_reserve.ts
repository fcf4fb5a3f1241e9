import { close, duplicate } from "../libc/mod.ts";

/** Standard input: any open descriptor does. */
const STDIN = 0;

/** Descriptors that are kept from all others as long as it lives, for work that must not fail for a lack of them afterwards. */
export class DescriptorReserve implements Disposable {
  readonly #descriptors: number[] = [];

  /** @throws {SystemError} EMFILE if there are not as many. */
  constructor(count: number) {
    try {
      while (this.#descriptors.length < count) this.#descriptors.push(duplicate(STDIN));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#descriptors.splice(0).forEach(close);
  }
}
