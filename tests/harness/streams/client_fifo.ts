import { TextReader } from "./text_reader.ts";

/** A FIFO for a process's stream, as a client has it. */
export class ClientFifo {
  readonly path: string;
  /** What a process writes. */
  readonly output: TextReader;
  readonly #file: Deno.FsFile;

  /** Makes a FIFO, and opens it for both directions: it has no end. */
  static async make(path: string): Promise<ClientFifo> {
    const { success, stderr } = await new Deno.Command("mkfifo", { args: [path] }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new ClientFifo(path, await Deno.open(path, { read: true, write: true }));
  }

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
    this.output = new TextReader((buffer) => file.read(buffer));
  }

  /** Writes what a process is to read. */
  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    const written = await this.#file.write(bytes);
    if (written !== bytes.length) throw new Error(`a FIFO took ${written} bytes of ${text}`);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
