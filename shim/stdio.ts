/** The standard streams of a container's process: what its two kinds, pipes and terminals, have in common. */
import { dirname } from "@std/path/posix";
import { endsWithin } from "./ends_within.ts";
import { close, open, OpenFlag, orClose, unreadBytes } from "./libc/mod.ts";
import { type LogContext, LogProgram } from "./log_program.ts";
import type { Relay } from "./relay.ts";
import type { Stream } from "./spawn.ts";
import { parseStdioUri, type StreamName } from "./stdio_uri.ts";
import { copying, type Transfer } from "./transfer.ts";
import { StatusCode, StatusError } from "./ttrpc/mod.ts";

/**
 * Where a process's streams lead, as a client asks for it: FIFOs, by path or `fifo://` URI, and for outputs also files by `file://`
 * and logging programs by `binary://` or `binary-v2://` URI; an empty one is /dev/null.
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
/** The same where a logging program reads them: what it is too slow for is lost. */
const LOG_DRAIN_MS = 30_000;

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
  /** By their URIs: two streams with the same one have one program. */
  readonly #logPrograms = new Map<string, LogProgram>();

  /** To be called when the command was spawned: the process's side is its alone from now on. */
  releaseProcessSide(): void {}

  /** Begins to carry bytes; to be called when the command has succeeded. */
  abstract start(): void;

  /** Sets the size of a terminal, in characters; without one it does nothing. */
  resize(_width: number, _height: number): void {}

  /**
   * Opens what an output leads to for writing.
   * @param transfer How bytes come into it, where it can be chosen.
   */
  protected openOutput(name: "stdout" | "stderr", uri: string, transfer: Transfer): Output {
    const parsed = parseStdioUri(name, uri);
    const { scheme, path } = parsed;
    switch (scheme) {
      case "fifo":
        this.#outputHolds.push(openFifo(name, path, OpenFlag.RDONLY));
        return { target: openFifo(name, path, OpenFlag.WRONLY), transfer };
      case "file":
        // Not every kernel splices into a file that is appended to.
        return { target: openFile(name, path), transfer: copying() };
      case "binary":
      case "binary-v2": {
        const program = this.#logPrograms.get(uri) ?? new LogProgram(parsed);
        this.#logPrograms.set(uri, program);
        return program.open(name, transfer);
      }
      default:
        throw unknownScheme(name, scheme, uri);
    }
  }

  /** Opens the FIFO of the input for reading. */
  protected openInput(uri: string): number {
    const { scheme, path } = parseStdioUri("stdin", uri);
    if (scheme !== "fifo") throw unknownScheme("stdin", scheme, uri);
    const source = openFifo("stdin", path, OpenFlag.RDONLY);
    this.#stdinHold = orClose(source, () => openFifo("stdin", path, OpenFlag.WRONLY));
    return source;
  }

  /**
   * Starts the logging programs, if there are any, and waits until they are ready; to be called before the command is spawned.
   * @param id The container's, or the exec id.
   * @throws {StatusError} and other errors as {@linkcode LogProgram.start} does. Everything is closed then.
   */
  async startLogPrograms(context: LogContext, id: string): Promise<void> {
    try {
      for (const program of this.#logPrograms.values()) await program.start(context, id);
    } catch (error) {
      await this.close();
      throw error;
    }
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
    // Nobody tells them of the end: they are waited for when the process is deleted.
    if (this.#logPrograms.size > 0) return;
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
    const limit = this.#logPrograms.size > 0 ? LOG_DRAIN_MS : DRAIN_MS;
    for (let waited = 0; waited < limit; waited += DRAIN_STEP_MS) {
      const before = moves();
      if (await endsWithin(ended, DRAIN_STEP_MS)) return true;
      if (moves() === before && !this.outputs.some((output) => output.blocked)) return false;
    }
    return false;
  }

  /**
   * Closes everything, at once, whatever was not carried yet.
   * @returns Resolves when the logging programs have ended, which is seen to.
   */
  async close(): Promise<void> {
    this.releaseProcessSide();
    this.closeStdin();
    this.input?.close();
    for (const output of this.outputs) output.close();
    for (const hold of this.#outputHolds.splice(0)) close(hold);
    await Promise.all(this.#logPrograms.values().map((program) => program.end()));
  }
}

function openFile(name: StreamName, path: string): number {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    return open(path, OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.APPEND, 0o644);
  } catch (error) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `can't write ${name} to the file ${path}: ${(error as Error).message}`,
    );
  }
}

function openFifo(name: StreamName, path: string, flags: number): number {
  let found: string;
  try {
    if (Deno.statSync(path).isFifo) return open(path, flags | OpenFlag.NONBLOCK);
    found = "it is something else";
  } catch (error) {
    found = (error as Error).message;
  }
  throw new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `expected a FIFO for ${name} at ${path}: ${found}`,
  );
}

function unknownScheme(name: StreamName, scheme: string, uri: string): StatusError {
  const known = name === "stdin" ? "fifo" : "fifo, file, binary and binary-v2";
  return new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `unknown scheme ${scheme} for ${name}; known is ${known}: ${uri}`,
  );
}
