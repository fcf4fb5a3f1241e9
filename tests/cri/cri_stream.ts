import { TextReader } from "../harness/streams/text_reader.ts";

/** The channels of a stream, each message's first byte; see Kubernetes' v4.channel.k8s.io. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

/** A command of CRI's Exec, or a container's init by Attach, by the WebSocket that `kubectl exec` and `kubectl attach` get. */
export class CriStream {
  readonly stdout: TextReader;
  readonly stderr: TextReader;
  /** How it ended: `{ status: "Success" }`, or a failure whose `details` have the exit code. */
  // deno-lint-ignore no-explicit-any
  readonly result: Promise<any>;
  readonly #socket: WebSocket;

  /** @param url What Exec or Attach has answered. */
  static async open(url: string): Promise<CriStream> {
    const socket = new WebSocket(url.replace(/^http/, "ws"), ["v4.channel.k8s.io"]);
    socket.binaryType = "arraybuffer";
    const stream = new CriStream(socket);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    return stream;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const outputs = [STDOUT, STDERR].map(() => new TransformStream<Uint8Array<ArrayBuffer>>());
    const writers = outputs.map(({ writable }) => writable.getWriter());
    const { promise, resolve } = Promise.withResolvers<string>();
    this.result = promise.then((text) => JSON.parse(text));
    socket.onmessage = ({ data }) => {
      const [channel, ...rest] = new Uint8Array(data);
      const bytes = new Uint8Array(rest);
      if (channel === ERROR) resolve(new TextDecoder().decode(bytes));
      // Empty ones open a channel.
      else if (bytes.length > 0) writers[channel - STDOUT].write(bytes);
    };
    socket.onclose = () => writers.forEach((writer) => writer.close());
    [this.stdout, this.stderr] = outputs.map(({ readable }) => toTextReader(readable));
  }

  /** Writes to its standard input, or types at its terminal. */
  write(text: string): void {
    this.#send(STDIN, text);
  }

  /** Sets the size of its terminal. */
  resize(width: number, height: number): void {
    this.#send(RESIZE, JSON.stringify({ Width: width, Height: height }));
  }

  #send(channel: number, text: string): void {
    this.#socket.send(Uint8Array.of(channel, ...new TextEncoder().encode(text)));
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.close();
  }
}

function toTextReader(readable: ReadableStream<Uint8Array<ArrayBuffer>>): TextReader {
  const reader = readable.getReader();
  return new TextReader(async (buffer) => {
    const { value, done } = await reader.read();
    if (done) return null;
    buffer.set(value);
    return value.length;
  });
}
