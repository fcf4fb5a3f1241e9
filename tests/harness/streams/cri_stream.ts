import { TextReader } from "./text_reader.ts";

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
    const socket = newSocket(url);
    const stream = new CriStream(socket);
    await opened(socket);
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

/** A connection to a port in a pod's network by CRI's PortForward, as `kubectl port-forward` makes one for each client. */
export class ForwardedPort {
  /** What comes from there. */
  readonly output: TextReader;
  /** Why there is none; empty if all is well. */
  readonly error: Promise<string>;
  readonly #socket: WebSocket;

  /** @param url What PortForward has answered for one port. */
  static async open(url: string): Promise<ForwardedPort> {
    const socket = newSocket(url);
    const forwarded = new ForwardedPort(socket);
    await opened(socket);
    return forwarded;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const writer = writable.getWriter();
    const errors: Uint8Array<ArrayBuffer>[] = [];
    const ended = Promise.withResolvers<void>();
    const [isNamed, DATA] = [new Set<number>(), 0];
    socket.onmessage = ({ data }) => {
      const [channel, ...rest] = new Uint8Array(data);
      // What is empty opens a channel, and what comes first is the port's number.
      if (rest.length === 0 || !isNamed.has(channel) && isNamed.add(channel)) return;
      const bytes = new Uint8Array(rest);
      if (channel === DATA) writer.write(bytes);
      else errors.push(bytes);
    };
    socket.onclose = () => {
      writer.close();
      ended.resolve();
    };
    this.output = toTextReader(readable);
    this.error = ended.promise.then(() => new Blob(errors).text());
  }

  /** Writes to who listens there. */
  write(text: string): void {
    this.#socket.send(Uint8Array.of(0, ...new TextEncoder().encode(text)));
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.close();
  }
}

/** By the protocol of Kubernetes in which the first byte of a message is its channel. */
function newSocket(url: string): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["v4.channel.k8s.io"]);
  socket.binaryType = "arraybuffer";
  return socket;
}

async function opened(socket: WebSocket): Promise<void> {
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
  });
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
