/** The standard streams of a container's process: what its two kinds, pipes and terminals, have in common. */
import { endsWithin, orWarn } from "../common/mod.ts";
import { close, closeInPool, unreadBytes } from "../libc/mod.ts";
import type { Reactor, Stream } from "../process/mod.ts";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";
import { LogFile } from "./log_file.ts";
import { type LogContext, LogProgram } from "./log_program.ts";
import { type Fifo, openFifo, openFile } from "./open_stream.ts";
import type { Relay } from "./relay.ts";
import { DescriptorTarget, type Target } from "./target.ts";
import { copying, type Transfer } from "./transfer.ts";
import { parseStdioUri, type StreamName } from "./uri.ts";

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

/**
 * How long the end of the streams may take in all, once the process is gone: no Delete waits longer for them. Go's shim gives a
 * logging program as long, so that it has ten seconds for what it does at its end.
 */
const END_MS = 12_000;
/**
 * How much of that the carrying of what the process has written may take. containerd's CRI, which has no logging programs, gives up a
 * Delete after 10 seconds and handles no other exit meanwhile.
 */
const DRAIN_MS = 8_000;
/** A client, or a file system, that has taken nothing for so long is not waited for any more. */
const READER_MS = 5_000;
/** The same of a process, a grandchild perhaps, that holds an output open and writes nothing. */
const WRITER_MS = 2_000;
/** How often is looked whether bytes are still carried. */
const STEP_MS = 500;

/**
 * How long a client may pause while it still has output to read that it should have before it learns of the process's end. With 40
 * clients on two processors one had to wait for 170 ms before it could read at all.
 */
const PATIENCE_MS = 1_000;
/** How long that may delay the news in all. */
const DELIVERY_MS = 2_000;

/**
 * The streams of one process. First they are only opened, so that a FIFO that is not there is an error before anything runs; the
 * process's side goes to the command that makes the process. What the command itself prints is carried too; input only from
 * {@linkcode start} on.
 */
export abstract class Stdio {
  /** What the command that makes the process gets. */
  abstract readonly streams: Streams;
  /** The path of the socket on which the command is to hand over a terminal; undefined where there is none. */
  readonly consoleSocket: string | undefined = undefined;
  protected input: Relay | undefined;
  protected readonly outputs: Relay[] = [];
  /** Our own reading ends of the output FIFOs: a client that leaves and comes back breaks nothing and finds what it has not read. */
  readonly #outputHolds: number[] = [];
  /** Our own writing end of the stdin FIFO: a client that leaves and comes back does not end the process's input. */
  #stdinHold: number | undefined;
  /** By their URIs: two streams with the same one have one program, or one file. */
  readonly #logPrograms = new Map<string, LogProgram>();
  readonly #logFiles = new Map<string, LogFile>();

  constructor(protected readonly reactor: Reactor, protected readonly paths: StdioPaths) {}

  /**
   * Opens what the streams lead to, and starts the logging programs, if there are any; resolves when these are ready. To be called
   * before the command is spawned.
   * @param id The container's, or the exec id.
   * @throws {StatusError} INVALID_ARGUMENT for what can't be opened, and as {@linkcode LogProgram.start} does. Everything is closed
   * then.
   */
  async open(context: LogContext, id: string): Promise<void> {
    try {
      const warn = (message: string) => context.logger.warn(message, { id });
      await this.openStreams((name, uri, transfer) => this.#openOutput(name, uri, transfer, warn));
      for (const program of this.#logPrograms.values()) await program.start(context, id);
    } catch (error) {
      await orWarn(context.logger, `close the streams of ${id}`, () => this.close());
      throw error;
    }
  }

  /** @param openOutput Opens what an output leads to, for bytes that come into it by `transfer` where that can be chosen. */
  protected abstract openStreams(
    openOutput: (name: "stdout" | "stderr", uri: string, transfer: Transfer) => Promise<Target>,
  ): Promise<void>;

  /** To be called when the command was spawned: the process's side is its alone from now on. */
  releaseProcessSide(): void {}

  /** Begins to carry all bytes; to be called when the command has succeeded. */
  abstract start(): void;

  /** Sets the size of a terminal, in characters; without one it does nothing. */
  resize(_width: number, _height: number): void {}

  async #openOutput(
    name: "stdout" | "stderr",
    uri: string,
    transfer: Transfer,
    warn: (message: string) => void,
  ): Promise<Target> {
    const parsed = parseStdioUri(name, uri);
    const { scheme, path } = parsed;
    switch (scheme) {
      case "fifo":
        return this.#toFifo(await openFifo(name, path), transfer);
      case "file": {
        const known = this.#logFiles.get(uri);
        if (known !== undefined) return known.open();
        const opened = await openFile(name, path);
        if ("read" in opened) return this.#toFifo(opened, transfer);
        if (opened.isDevice) {
          // A serial line is closed only when all has been sent.
          return new DescriptorTarget(this.reactor, opened.descriptor, copying(), closeInPool);
        }
        const file = new LogFile(opened, (message) => warn(`${path}: ${message}`));
        this.#logFiles.set(uri, file);
        return file.open();
      }
      case "binary":
      case "binary-v2": {
        const program = this.#logPrograms.get(uri) ?? new LogProgram(parsed);
        this.#logPrograms.set(uri, program);
        const output = program.open(name, transfer);
        return new DescriptorTarget(this.reactor, output.target, output.transfer);
      }
      default:
        throw unknownScheme(name, scheme, uri);
    }
  }

  #toFifo({ read, write }: Fifo, transfer: Transfer): Target {
    this.#outputHolds.push(read);
    return new DescriptorTarget(this.reactor, write, transfer);
  }

  /** Opens the FIFO of the input for reading. */
  protected async openInput(uri: string): Promise<number> {
    const { scheme, path } = parseStdioUri("stdin", uri);
    if (scheme !== "fifo") throw unknownScheme("stdin", scheme, uri);
    const { read, write } = await openFifo("stdin", path);
    this.#stdinHold = write;
    return read;
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
   * when they learn of the end (ctr of containerd 1.6 to 2.3 closes its FIFOs then).
   */
  async deliver(): Promise<void> {
    for (const output of this.outputs) output.move();
    // Nobody tells them of the end: they are waited for when the process is deleted.
    if (this.#logPrograms.size > 0) return;
    const start = performance.now();
    let changed = start;
    let now = start;
    for (let unread = this.#unread(); unread > 0;) {
      // Nothing tells when a FIFO is empty. To look all the time would keep a client from it that waits for a processor.
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, (now - changed) / 10)));
      const before = unread;
      unread = this.#unread();
      now = performance.now();
      // On a busy machine that was more than a moment: what was read meanwhile counts before the time does.
      if (unread !== before) changed = now;
      if (now - changed > PATIENCE_MS || now - start > DELIVERY_MS) return;
    }
  }

  #unread(): number {
    const inFifos = this.#outputHolds.map((hold) => unreadBytes(hold));
    return this.outputs.reduce((sum, output) => sum + output.unread, 0) +
      inFifos.reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Waits, once the process is gone, until all it has written is with the client, and closes everything. It does not wait without end
   * for a client that reads nothing, nor for another process, a grandchild perhaps, that holds an output open, nor for a logging
   * program: {@linkcode END_MS} at most.
   * @returns Whether the outputs have ended.
   */
  async end(): Promise<boolean> {
    const limit = performance.now() + END_MS;
    const drained = await this.#drain();
    await this.#close(limit);
    return drained;
  }

  /** @returns Whether the outputs have ended. */
  async #drain(): Promise<boolean> {
    // Nearly always they have ended with the process; the first timer of a program costs 5 ms.
    if (this.outputs.every((output) => output.hasEnded)) return true;
    const ended = Promise.all(this.outputs.map((output) => output.ended));
    const moves = () => this.outputs.reduce((sum, output) => sum + output.moves, 0);
    const start = performance.now();
    let moved = start;
    for (let before = moves();;) {
      if (await endsWithin(ended, STEP_MS)) return true;
      const now = performance.now();
      const after = moves();
      if (after !== before) moved = now;
      before = after;
      const patience = this.outputs.some((output) => output.blocked) ? READER_MS : WRITER_MS;
      if (now - moved >= patience || now - start >= DRAIN_MS) return false;
    }
  }

  /**
   * Closes everything, at once, whatever was not carried yet.
   * @returns Resolves when the logging programs have ended, which is seen to within {@linkcode END_MS}, and the files are closed.
   */
  close(): Promise<void> {
    return this.#close(performance.now() + END_MS);
  }

  /** Closes what the subclass has beside its relays. */
  protected abstract closeRest(): void;

  async #close(limit: number): Promise<void> {
    this.releaseProcessSide();
    this.closeStdin();
    this.input?.close();
    for (const output of this.outputs) output.close();
    this.closeRest();
    for (const hold of this.#outputHolds.splice(0)) close(hold);
    const ends = [...this.#logPrograms.values()].map((program) => program.end(limit));
    const files = [...this.#logFiles.values()].map(({ closed }) => closed);
    if (files.length > 0) {
      ends.push(endsWithin(Promise.all(files), limit - performance.now()).then(() => {}));
    }
    await Promise.all(ends);
  }
}

function unknownScheme(name: StreamName, scheme: string, uri: string): StatusError {
  const known = name === "stdin" ? "fifo" : "fifo, file, binary and binary-v2";
  return new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `unknown scheme ${scheme} for ${name}; known is ${known}: ${uri}`,
  );
}
