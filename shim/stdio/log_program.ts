/** Logging programs: what `binary://` and `binary-v2://` URIs name. */
import { endsWithin, type Logger } from "../common/mod.ts";
import {
  close,
  EpollEvent,
  isExiting,
  killIfThere,
  pipe,
  read,
  setNonblocking,
  SIGKILL,
  SIGTERM,
  spawnProgram,
} from "../libc/mod.ts";
import { type Exit, givenOpenFiles, type Reactor, type Reaper } from "../process/mod.ts";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";
import { LogPipe } from "./log_pipe.ts";
import type { Output, Transfer } from "./transfer.ts";
import type { StdioUri } from "./uri.ts";

/** How long a program may take until it is ready. */
const READY_MS = 10_000;
/** How long it may take to end after the end of its input; and again so long where it has gone on reading meanwhile. */
const LINGER_STEP_MS = 2_000;
/** How long it has at least to end after SIGTERM. */
const TERMINATION_MS = 2_000;
/** How long the kernel may take to end it. */
const KILL_MS = 2_000;

/** What a logging program needs of its shim. */
export interface LogContext {
  /** containerd's. */
  readonly namespace: string;
  readonly logger: Logger;
  readonly reactor: Reactor;
  readonly reaper: Reaper;
}

/**
 * A program that gets what a process writes: it reads stdout from its descriptor 3 and stderr from 4, and tells by its descriptor 5
 * when it is ready. It should end when both have ended. Should it end before, what it has not read is lost, and the process goes on.
 */
export class LogProgram {
  readonly #pipes: { stdout?: LogPipe; stderr?: LogPipe } = {};
  #exit: Promise<Exit> | undefined;
  #pid = 0;
  #ended = false;
  #warn = (_message: string): void => {};

  /** Nothing is open, and nothing runs yet. */
  constructor(private readonly uri: StdioUri) {}

  /**
   * Opens one of the two streams, before the program is started.
   * @param transfer How bytes come into it.
   */
  open(name: "stdout" | "stderr", transfer: Transfer): Output {
    const onLoss = () => this.#warn("a logging program has gone before its process");
    const pipe = this.#pipes[name] = new LogPipe(transfer, onLoss);
    return pipe.output;
  }

  /**
   * Starts the program and waits until it is ready.
   * @param id The container's, or for an exec'd process the exec id: so Go's shim has it.
   * @throws {StatusError} INVALID_ARGUMENT where it can't be executed.
   * @throws {Error} where it does not become ready; it has been ended then.
   */
  async start(context: LogContext, id: string): Promise<void> {
    const program = this.uri.path;
    this.#warn = (message) => context.logger.warn(message, { id, program });
    const ready = pipe();
    try {
      setNonblocking(ready.read);
      try {
        this.#spawn(context, id, ready.write);
      } finally {
        close(ready.write);
      }
      const failure = await this.#awaitReady(context.reactor, ready.read);
      if (failure === undefined) return;
      await this.#kill();
      throw new Error(`the logging program ${program} ${failure}`);
    } finally {
      close(ready.read);
    }
  }

  #spawn({ namespace, reaper }: LogContext, id: string, ready: number): void {
    const { stdout, stderr } = this.#pipes;
    // A stream that nobody has asked for is at its end.
    const ended = pipe();
    close(ended.write);
    using expectation = reaper.expect();
    try {
      this.#pid = spawnProgram(this.uri.path, {
        args: this.uri.query.flat(),
        env: { CONTAINER_ID: id, CONTAINER_NAMESPACE: namespace },
        newSession: true,
        openFiles: givenOpenFiles(),
        descriptors: [
          ...[null, null, null],
          ...[stdout?.source ?? ended.read, stderr?.source ?? ended.read],
          ready,
        ],
      });
    } catch (error) {
      throw new StatusError(
        StatusCode.INVALID_ARGUMENT,
        `can't start a logging program: ${(error as Error).message}`,
      );
    } finally {
      close(ended.read);
    }
    stdout?.releaseSource();
    stderr?.releaseSource();
    this.#exit = expectation.claim(this.#pid);
    this.#exit.then(() => this.#ended = true);
  }

  /** @returns What the program has done instead of becoming ready; undefined where it is ready. */
  async #awaitReady(reactor: Reactor, ready: number): Promise<string | undefined> {
    const told = Promise.withResolvers<void>();
    reactor.watch(ready, EpollEvent.IN, () => told.resolve());
    // A process that it has left behind may hold the pipe.
    this.#exit!.then(({ status }) => status === 0 || told.resolve());
    const inTime = await endsWithin(told.promise, READY_MS);
    reactor.unwatch(ready);
    if (!inTime) return `was not ready within ${READY_MS / 1000} seconds`;
    if (read(ready, new Uint8Array(1)) === 1) return undefined;
    const closingIsReady = this.uri.scheme === "binary";
    const hasEnded = isExiting(this.#pid) && await endsWithin(this.#exit!, KILL_MS);
    if (!hasEnded) return closingIsReady ? undefined : "closed its descriptor 5 without a byte";
    const { status } = await this.#exit!;
    // It may have left behind a process that does the work.
    if (status === 0 && closingIsReady) return undefined;
    // What it has started ends with it; just now nobody else can have the number of its process group.
    killIfThere(-this.#pid, SIGKILL);
    return `ended with exit status ${status} before it was ready`;
  }

  /**
   * Waits for the end of the program, and sees to it where it does not come by itself. To be called when the outputs have been
   * closed.
   * @param limit When it is killed at the latest, as performance.now() has it.
   */
  async end(limit: number): Promise<void> {
    if (this.#exit !== undefined && !this.#ended) await this.#end(this.#exit, limit);
    this.#pipes.stdout?.close();
    this.#pipes.stderr?.close();
  }

  async #end(exit: Promise<Exit>, limit: number): Promise<void> {
    const remaining = () => limit - performance.now();
    for (let left; (left = remaining() - TERMINATION_MS) > 0;) {
      const before = this.#unread;
      if (await endsWithin(exit, Math.min(left, LINGER_STEP_MS))) return;
      if (this.#unread === before) break;
    }
    killIfThere(this.#pid, SIGTERM);
    if (await endsWithin(exit, Math.max(0, remaining()))) return;
    this.#warn("a logging program did not end after SIGTERM");
    await this.#kill();
  }

  get #unread(): number {
    return (this.#pipes.stdout?.unread ?? 0) + (this.#pipes.stderr?.unread ?? 0);
  }

  /** Ends the program now, and what it has started. */
  async #kill(): Promise<void> {
    if (this.#ended) return;
    killIfThere(-this.#pid, SIGKILL);
    await endsWithin(this.#exit!, KILL_MS);
  }
}
