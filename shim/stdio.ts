/** The standard streams of a container's process: pipes on its side, the client's FIFOs on the other, relays between them. */
import { changeOwner, close, open, OpenFlag, pipe } from "./libc/mod.ts";
import type { Reactor } from "./reactor.ts";
import { Relay } from "./relay.ts";
import type { Stream } from "./spawn.ts";
import { StatusCode, StatusError } from "./ttrpc/mod.ts";

/** Where a process's streams lead, as a client asks for it: FIFOs, by path or `fifo://` URI; an empty one is /dev/null. */
export interface StdioPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** Who owns the pipes, so that a process may open its /dev/stdout again. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Once the process is gone, its outputs are waited for in steps of so long, and no further step after one without a byte. */
const DRAIN_STEP_MS = 2_000;
/** How long that may take in all. */
const DRAIN_MS = 10_000;

/** The two descriptors of a relay to be. */
interface Ends {
  readonly source: number;
  readonly target: number;
}

/**
 * The streams of one process. First they are only opened, so that a FIFO that is not there is an error before anything runs; the
 * process's ends go to the command that makes the process; {@linkcode start} sets the bytes going.
 */
export class Stdio {
  /** What to give to the command that makes the process. */
  readonly streams: { stdin: Stream; stdout: Stream; stderr: Stream } = {
    stdin: "null",
    stdout: "null",
    stderr: "null",
  };
  readonly #processEnds: number[] = [];
  /** Our own writing end of the stdin FIFO: a client that leaves and comes back does not end the process's input. */
  #stdinHold: number | undefined;
  readonly #opened: { input: Ends[]; outputs: Ends[] } = { input: [], outputs: [] };
  #input: Relay[] = [];
  #outputs: Relay[] = [];

  /**
   * Opens the FIFOs and makes the pipes.
   * @throws {StatusError} INVALID_ARGUMENT for what is no FIFO.
   */
  constructor(private readonly reactor: Reactor, paths: StdioPaths, owner: Owner) {
    try {
      if (paths.stdin) this.streams.stdin = this.#openInput(paths.stdin, owner);
      if (paths.stdout) this.streams.stdout = this.#openOutput("stdout", paths.stdout, owner);
      if (paths.stderr) this.streams.stderr = this.#openOutput("stderr", paths.stderr, owner);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #openInput(uri: string, owner: Owner): Stream {
    const source = openFifo("stdin", uri, OpenFlag.RDONLY);
    const { read, write } = pipe(OpenFlag.NONBLOCK);
    this.#opened.input.push({ source, target: write });
    this.#processEnds.push(read);
    this.#stdinHold = openFifo("stdin", uri, OpenFlag.WRONLY);
    changeOwner(read, owner.uid, owner.gid);
    return read;
  }

  /** One descriptor for both directions keeps the FIFO from ever being without a reader or a writer while the process lives. */
  #openOutput(name: string, uri: string, owner: Owner): Stream {
    const target = openFifo(name, uri, OpenFlag.RDWR);
    const { read, write } = pipe(OpenFlag.NONBLOCK);
    this.#opened.outputs.push({ source: read, target });
    this.#processEnds.push(write);
    changeOwner(write, owner.uid, owner.gid);
    return write;
  }

  /** To be called when the command was spawned: the process's ends are the command's alone from now on. */
  releaseProcessEnds(): void {
    for (const descriptor of this.#processEnds.splice(0)) close(descriptor);
  }

  /** Begins to carry bytes. */
  start(): void {
    const relay = ({ source, target }: Ends) => new Relay(this.reactor, source, target);
    this.#input = this.#opened.input.splice(0).map(relay);
    this.#outputs = this.#opened.outputs.splice(0).map(relay);
  }

  /** Lets the process's input end as soon as no client holds its FIFO any more. */
  closeStdin(): void {
    if (this.#stdinHold !== undefined) close(this.#stdinHold);
    this.#stdinHold = undefined;
  }

  /**
   * To be called when the process is gone: waits until all it has written is with the client. It does not wait without end for a
   * client that reads nothing, nor for another process, a grandchild perhaps, that holds an output open.
   * @returns Whether the outputs have ended.
   */
  async drain(): Promise<boolean> {
    // Nearly always they have ended with the process; the first timer of a program costs 5 ms.
    if (this.#outputs.every((output) => output.hasEnded)) return true;
    const ended = Promise.all(this.#outputs.map((output) => output.ended));
    const moves = () => this.#outputs.reduce((sum, output) => sum + output.moves, 0);
    for (let waited = 0; waited < DRAIN_MS; waited += DRAIN_STEP_MS) {
      const before = moves();
      if (await endsWithin(ended, DRAIN_STEP_MS)) return true;
      if (moves() === before && !this.#outputs.some((output) => output.blocked)) return false;
    }
    return false;
  }

  /** Closes everything, whatever was not carried yet. */
  close(): void {
    this.releaseProcessEnds();
    this.closeStdin();
    for (
      const { source, target } of Object.values(this.#opened).flatMap((ends) => ends.splice(0))
    ) {
      close(source);
      close(target);
    }
    for (const relay of [...this.#input, ...this.#outputs]) relay.close();
  }
}

function openFifo(name: string, uri: string, flags: number): number {
  const path = uri.startsWith("fifo://") ? uri.slice("fifo://".length) : uri;
  let found: string;
  try {
    if (Deno.statSync(path).isFifo) return open(path, flags | OpenFlag.NONBLOCK);
    found = "it is something else";
  } catch (error) {
    found = (error as Error).message;
  }
  throw new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `expected a FIFO for ${name} at ${uri}: ${found}`,
  );
}

async function endsWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
