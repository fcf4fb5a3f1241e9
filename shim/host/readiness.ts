/** How the program of a {@linkcode HostProcess} says that it is ready, or why it can't be. */
import { close, EpollEvent, orClose, pipe, read, setNonblocking } from "../libc/mod.ts";
import type { Reactor } from "../process/mod.ts";

/** As much as a program may say. */
const SAID_BYTES = 4096;

/** A pipe on which a program writes a line: an empty one when it is ready, any other one when it can't be. */
export class Readiness implements Disposable {
  readonly #read: number;
  /** The writing end, for the program; undefined once it is the program's alone. */
  #write: number | undefined;
  readonly #said = new Uint8Array(SAID_BYTES);
  #length = 0;

  constructor(private readonly reactor: Reactor) {
    const ends = pipe();
    this.#read = ends.read;
    this.#write = ends.write;
    orClose(ends.read, () => orClose(ends.write, () => setNonblocking(ends.read)));
  }

  /** The writing end, for the program. */
  get descriptor(): number {
    return this.#write!;
  }

  /** To be called when the program has its end. */
  release(): void {
    if (this.#write !== undefined) close(this.#write);
    this.#write = undefined;
  }

  /** Resolves with what the program has said up to the end of its line; with what there is if the program ends before. */
  async said(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reactor.watch(this.#read, EpollEvent.IN, () => {
      const rest = this.#said.subarray(this.#length);
      const count = read(this.#read, rest);
      if (count === -1) return;
      this.#length += count;
      if (count === 0 || count === rest.length || rest.subarray(0, count).includes(10)) resolve();
    });
    await promise;
    this.reactor.unwatch(this.#read);
    return new TextDecoder().decode(this.#said.subarray(0, this.#length));
  }

  [Symbol.dispose](): void {
    this.release();
    close(this.#read);
  }
}
