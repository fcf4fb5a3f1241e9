/** The standard streams of a container's process: what its two kinds, pipes and terminals, have in common. */
import { dirname } from "@std/path/posix";
import { close, open, OpenFlag, unreadBytes } from "./libc/mod.ts";
import type { Relay } from "./relay.ts";
import type { Stream } from "./spawn.ts";
import { copying, splicing, type Transfer } from "./transfer.ts";
import { StatusCode, StatusError } from "./ttrpc/mod.ts";

/**
 * Where a process's streams lead, as a client asks for it: FIFOs, by path or `fifo://` URI, and for outputs also files by `file://`
 * URI; an empty one is /dev/null.
 */
export interface StdioPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** An output's descriptor to write to, and how. */
export interface Output {
  readonly target: number;
  readonly transfer: Transfer;
}

const FILE = "file://";

/** Who owns the pipes, so that a process may open its /dev/stdout again. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What the command that makes the process gets as its streams, which become the process's. */
export interface Streams {
  readonly stdin: Stream;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** Once the process is gone, its outputs are waited for in steps of so long, and no further step after one without a byte. */
const DRAIN_STEP_MS = 2_000;
/** How long that may take in all. */
const DRAIN_MS = 10_000;

/** How long a client may pause while it still has output to read that it should have before it learns of the process's end. */
const PATIENCE_MS = 100;
/** How long that may delay the news in all. */
const DELIVERY_MS = 2_000;

/**
 * The streams of one process. First they are only opened, so that a FIFO that is not there is an error before anything runs; the
 * process's side goes to the command that makes the process; {@linkcode start} sets the bytes going.
 */
export abstract class Stdio {
  /** What the command that makes the process gets. */
  abstract readonly streams: Streams;
  /** The path of the socket on which the command is to hand over a terminal; undefined where there is none. */
  readonly consoleSocket: string | undefined = undefined;
  protected input: Relay | undefined;
  protected outputs: readonly Relay[] = [];
  /** Our own reading ends of the output FIFOs: a client that leaves and comes back breaks nothing and finds what it has not read. */
  readonly #outputHolds: number[] = [];
  /** Our own writing end of the stdin FIFO: a client that leaves and comes back does not end the process's input. */
  #stdinHold: number | undefined;

  /** To be called when the command was spawned: the process's side is its alone from now on. */
  releaseProcessSide(): void {}

  /** Begins to carry bytes; to be called when the command has succeeded. */
  abstract start(): void;

  /** Sets the size of a terminal, in characters; without one it does nothing. */
  resize(_width: number, _height: number): void {}

  /** Opens the FIFO or file of an output for writing. */
  protected openOutput(name: string, uri: string): Output {
    // Not every kernel splices into a file that is appended to.
    if (uri.startsWith(FILE)) return { target: openFile(name, uri), transfer: copying() };
    this.#outputHolds.push(openFifo(name, uri, OpenFlag.RDONLY));
    return { target: openFifo(name, uri, OpenFlag.WRONLY), transfer: splicing };
  }

  /** Opens the FIFO of the input for reading. */
  protected openInput(uri: string): number {
    const source = openFifo("stdin", uri, OpenFlag.RDONLY);
    try {
      this.#stdinHold = openFifo("stdin", uri, OpenFlag.WRONLY);
    } catch (error) {
      close(source);
      throw error;
    }
    return source;
  }

  /** Lets the process's input end as soon as no client holds its FIFO any more. */
  closeStdin(): void {
    if (this.#stdinHold !== undefined) close(this.#stdinHold);
    this.#stdinHold = undefined;
  }

  /** To be called when the process is gone, so that a terminal's end is an end. */
  expectEnd(): void {
    for (const output of this.outputs) output.expectEnd();
  }

  /**
   * Waits, once the process is gone, for the client to read what it has written, as long as the client goes on reading: clients stop
   * when they learn of the end (ctr up to containerd 1.7 closes its FIFOs then).
   */
  async deliver(): Promise<void> {
    for (const output of this.outputs) output.move();
    const start = performance.now();
    let changed = start;
    for (let unread = this.#unread(); unread > 0;) {
      const now = performance.now();
      if (now - changed > PATIENCE_MS || now - start > DELIVERY_MS) return;
      // Nothing tells when a FIFO is empty.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const before = unread;
      unread = this.#unread();
      if (unread !== before) changed = now;
    }
  }

  #unread(): number {
    const inFifos = this.#outputHolds.map((hold) => unreadBytes(hold));
    return this.outputs.reduce((sum, output) => sum + output.unread, 0) +
      inFifos.reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Waits, once the process is gone, until all it has written is with the client. It does not wait without end for a client that
   * reads nothing, nor for another process, a grandchild perhaps, that holds an output open.
   * @returns Whether the outputs have ended.
   */
  async drain(): Promise<boolean> {
    // Nearly always they have ended with the process; the first timer of a program costs 5 ms.
    if (this.outputs.every((output) => output.hasEnded)) return true;
    const ended = Promise.all(this.outputs.map((output) => output.ended));
    const moves = () => this.outputs.reduce((sum, output) => sum + output.moves, 0);
    for (let waited = 0; waited < DRAIN_MS; waited += DRAIN_STEP_MS) {
      const before = moves();
      if (await endsWithin(ended, DRAIN_STEP_MS)) return true;
      if (moves() === before && !this.outputs.some((output) => output.blocked)) return false;
    }
    return false;
  }

  /** Closes everything, whatever was not carried yet. */
  close(): void {
    this.releaseProcessSide();
    this.closeStdin();
    this.input?.close();
    for (const output of this.outputs) output.close();
    for (const hold of this.#outputHolds.splice(0)) close(hold);
  }
}

function openFile(name: string, uri: string): number {
  const path = uri.slice(FILE.length);
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    return open(path, OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.APPEND, 0o644);
  } catch (error) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `can't write ${name} to ${uri}: ${(error as Error).message}`,
    );
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
