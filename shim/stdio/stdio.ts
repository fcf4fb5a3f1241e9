/** The standard streams of a container's process: what pipes and terminals have in common. */
import { endsWithin, inSpan, orWarn, sleep } from "../common/mod.ts";
import { close, closeInPool, unreadBytes } from "../libc/mod.ts";
import type { Reactor, Stream } from "../process/mod.ts";
import type { Drain } from "../settings/settings.ts";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";
import type { LogFile } from "./log_file.ts";
import type { LogContext, LogProgram } from "./log_program.ts";
import { type Fifo, letReaderIn, openFifo, openFile } from "./open_stream.ts";
import type { Relay } from "./relay.ts";
import { DescriptorTarget, type Target } from "./target.ts";
import { copying, type Transfer } from "./transfer.ts";
import { parseStdioUri, type StreamName } from "./uri.ts";

/**
 * Where the streams of a process lead: each is the path of a FIFO or a `fifo://` URI, or for an output also a `file://` URI, or a
 * `binary://` or `binary-v2://` URI of a logging program; an empty one is /dev/null.
 */
export interface StdioPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** The owner of the pipes, who may open them again as /dev/stdout. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The streams of the command that makes the process, which the process inherits. */
export interface Streams {
  readonly stdin: Stream;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** What the streams of a process need of its shim. */
export interface StdioContext extends LogContext {
  readonly settings: { readonly drain: Drain };
}

/**
 * How long, in ms, a Delete waits for logging programs and files beyond the time in which output is to be carried. With the 8 seconds
 * that this is by default these are the 12 that Go's shim gives a logging program, so that it has ten for what it does at its end.
 */
const CLOSE_MS = 4_000;
/** The interval, in ms, at which it is checked whether bytes are still carried. */
const STEP_MS = 500;

/**
 * How long, in ms, a client may pause while it reads the last output, which it should have before it learns of the exit. With 40
 * clients on two processors one had to wait for 170 ms before it could read at all.
 */
const PATIENCE_MS = 1_000;

/**
 * The streams of one process. They are opened before anything runs, so that a FIFO that is not there is an early error. The process's
 * side of them goes to the command that makes the process; what the command itself prints is carried, too. Input is carried from
 * {@linkcode start} on.
 */
export abstract class Stdio {
  /** The process's side of the streams, for the command that makes the process. */
  abstract readonly streams: Streams;
  /** The path of the socket to which the command is to send a terminal; undefined if the process has none. */
  readonly consoleSocket: string | undefined = undefined;
  protected input: Relay | undefined;
  protected readonly outputs: Relay[] = [];
  /** Reading ends of the output FIFOs that we hold: a client may go away and come back, and finds what it has not read. */
  readonly #outputHolds: number[] = [];
  /** A writing end of the stdin FIFO that we hold: a client may go away and come back without ending the process's input. */
  #stdinHold: number | undefined;
  /** The logging programs and files by their URIs: two streams with the same URI share one. */
  readonly #logPrograms = new Map<string, LogProgram>();
  readonly #logFiles = new Map<string, LogFile>();

  constructor(private readonly context: StdioContext, protected readonly paths: StdioPaths) {}

  protected get reactor(): Reactor {
    return this.context.reactor;
  }

  /**
   * Opens what the streams lead to, and starts the logging programs, if there are any; resolves when these are ready. Must be called
   * before the command is spawned.
   * @param id The container's id, or the exec id.
   * @throws {StatusError} If something can't be opened (INVALID_ARGUMENT, UNAVAILABLE), or a logging program fails. Everything is
   * closed then.
   */
  async open(id: string): Promise<void> {
    const { context } = this;
    try {
      const warn = (message: string) => context.logger.warn(message, { id });
      await this.openStreams((name, uri, transfer) => this.#openOutput(name, uri, transfer, warn));
      for (const program of this.#logPrograms.values()) await program.start(context, id);
    } catch (error) {
      await orWarn(context.logger, `close the streams of ${id}`, () => this.close());
      throw error;
    }
  }

  /**
   * Opens what the streams of this kind lead to.
   * @param openOutput Opens what an output leads to; `transfer` moves its bytes, if its kind leaves that open.
   */
  protected abstract openStreams(
    openOutput: (name: "stdout" | "stderr", uri: string, transfer: Transfer) => Promise<Target>,
  ): Promise<void>;

  /** Closes our copies of the process's side; called when the command has been spawned. */
  releaseProcessSide(): void {}

  /** Begins to carry bytes in both directions; called when the command has succeeded. */
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
          // Closing a serial line waits until all has been sent.
          return new DescriptorTarget(this.reactor, opened.descriptor, copying(), closeInPool);
        }
        const { LogFile } = await import("./log_file.ts");
        const file = new LogFile(opened, (message) => warn(`${path}: ${message}`));
        this.#logFiles.set(uri, file);
        return file.open();
      }
      case "binary":
      case "binary-v2": {
        const { LogProgram } = await import("./log_program.ts");
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

  /** Opens the FIFO of the input; returns its reading end. */
  protected async openInput(uri: string): Promise<number> {
    const { scheme, path } = parseStdioUri("stdin", uri);
    if (scheme !== "fifo") throw unknownScheme("stdin", scheme, uri);
    const { read, write } = await openFifo("stdin", path);
    this.#stdinHold = write;
    return read;
  }

  /** Lets the process's input end as soon as no client has its FIFO open any more. */
  closeStdin(): void {
    if (this.#stdinHold !== undefined) close(this.#stdinHold);
    this.#stdinHold = undefined;
  }

  /** Must be called when the process has ended: from now on the end of its terminal is final. */
  expectEnd(): void {
    for (const output of this.outputs) output.expectEnd();
  }

  /**
   * Waits, once the process has ended, until its client has read all output, or pauses for too long: clients stop reading when they
   * learn of the exit (ctr of containerd 1.6 to 2.3 closes its FIFOs then). On a busy machine a client may come to open its FIFO only
   * now, and must not wait for a writer until then.
   */
  async deliver(): Promise<void> {
    for (const output of this.outputs) output.move();
    // A logging program does not learn of the exit, and is waited for when the process is deleted.
    if (this.#logPrograms.size > 0) return;
    const { exitSeconds } = this.context.settings.drain;
    const start = performance.now();
    let changed = start;
    let now = start;
    for (let unread = this.#unread(); unread > 0;) {
      // There is no event for a FIFO that gets empty. To look too often would take the processor from a client that is to read.
      await sleep(Math.max(1, (now - changed) / 10));
      for (const hold of this.#outputHolds) if (unreadBytes(hold) > 0) letReaderIn(hold);
      const before = unread;
      unread = this.#unread();
      now = performance.now();
      // On a busy machine the timer may have taken long, so that what was read meanwhile is looked at before the time.
      if (unread !== before) changed = now;
      if (now - changed > PATIENCE_MS || now - start > exitSeconds * 1000) return;
    }
  }

  /** Whether there is output that a client has not read yet, which {@linkcode deliver} would carry or wait for. */
  get hasUnread(): boolean {
    return this.#unread() > 0;
  }

  #unread(): number {
    const inFifos = this.#outputHolds.map((hold) => unreadBytes(hold));
    return this.outputs.reduce((sum, output) => sum + output.unread, 0) +
      inFifos.reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Waits, once the process has ended, until all its output has been carried, and closes everything. The wait is bounded by
   * {@linkcode Drain}, and {@linkcode CLOSE_MS}: a client may read nothing, another process may hold an output open, a logging program may not end.
   * @returns Whether the outputs have ended.
   */
  async end(): Promise<boolean> {
    const limit = this.#limit();
    const drained = await inSpan("drain the streams", {}, () => this.#drain());
    await this.#close(limit);
    return drained;
  }

  /** @returns Whether the outputs have ended. */
  async #drain(): Promise<boolean> {
    // Nearly always the outputs have ended with the process, and no timer is needed, the first of which costs 5 ms.
    if (this.outputs.every((output) => output.hasEnded)) return true;
    const { readerSeconds, writerSeconds, totalSeconds } = this.context.settings.drain;
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
      const isBlocked = this.outputs.some((output) => output.blocked);
      const patience = isBlocked ? readerSeconds : writerSeconds;
      if (now - moved >= patience * 1000 || now - start >= totalSeconds * 1000) return false;
    }
  }

  /**
   * Closes everything at once, whatever was not carried yet.
   * @returns Resolves when the logging programs have ended and the files are closed, or when they had as long as {@linkcode end} has.
   */
  close(): Promise<void> {
    return this.#close(this.#limit());
  }

  /** Until when, on performance.now()'s clock, an end that begins now may take. */
  #limit(): number {
    return performance.now() + this.context.settings.drain.totalSeconds * 1000 + CLOSE_MS;
  }

  /** Closes what streams of this kind have open beside their relays. */
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
