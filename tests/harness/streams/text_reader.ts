/** Text that comes bit by bit, waited for by what it should say. */
export class TextReader {
  readonly #read: (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null>;
  readonly #buffer = new Uint8Array(65536);
  readonly #decoder = new TextDecoder();
  #unread = "";

  /** @param read Reads into a buffer and answers how many bytes came, or null at the end. */
  constructor(read: (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null>) {
    this.#read = read;
  }

  /**
   * Waits for text that matches, and answers the match. What was up to its end is not looked at again.
   *
   * @throws Error when the text ends without it.
   */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#unread);
      if (match) {
        this.#unread = this.#unread.slice(match.index + match[0].length);
        return match;
      }
      const part = await this.#next();
      if (part === undefined) {
        throw new Error(`expected ${pattern} and the text ended with ${tail(this.#unread)}`);
      }
      this.#unread += part;
    }
  }

  /** Waits for the end, and answers everything after the last match. */
  async rest(): Promise<string> {
    const parts = [this.#unread];
    for (let part; (part = await this.#next()) !== undefined;) parts.push(part);
    this.#unread = "";
    return parts.join("");
  }

  async #next(): Promise<string | undefined> {
    const count = await this.#read(this.#buffer);
    if (count === null) return undefined;
    return this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
  }
}

function tail(text: string): string {
  return JSON.stringify(text.slice(-1000));
}
