/** Logging programs, which `binary://` and `binary-v2://` URIs name. */
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

/** How long a program may take until it is ready, in ms. */
const READY_MS = 10_000;
/** How long it may take to end after the end of its input, in ms; and so long again whenever it has read more of it meanwhile. */
const LINGER_STEP_MS = 2_000;
/** How long it has at least to end after SIGTERM, in ms. */
const TERMINATION_MS = 2_000;
/** How long its end is waited for after SIGKILL, in ms. */
const KILL_MS = 2_000;

/** What a logging program needs of the shim. */
export interface LogContext {
  /** containerd's namespace. */
  readonly namespace: string;
  readonly logger: Logger;
  readonly reactor: Reactor;
  readonly reaper: Reaper;
}

/**
 * A program that gets what a process writes. It reads stdout from its descriptor 3 and stderr from 4, and says by its descriptor 5 that
 * it is ready. It should end when both have ended. If it ends earlier, what it has not read is lost, and the process goes on.
 */
export class LogProgram {
  readonly #pipes: { stdout?: LogPipe; stderr?: LogPipe } = {};
  #exit: Promise<Exit> | undefined;
  #pid = 0;
  #ended = false;
  #warn = (_message: string): void => {};

  /** Opens nothing and runs nothing yet. */
  constructor(private readonly uri: StdioUri) {}

  /**
   * Opens one of the two streams; called before the program is started.
   * @param transfer Moves bytes into the stream.
   */
  open(name: "stdout" | "stderr", transfer: Transfer): Output {
    const onLoss = () => this.#warn("a logging program has gone before its process");
    const pipe = this.#pipes[name] = new LogPipe(transfer, onLoss);
    return pipe.output;
  }

  /**
   * Starts the program and waits until it is ready.
   * @param id What it gets as CONTAINER_ID: the container's id, or for an exec'd process the exec id, as from Go's shim.
   * @throws {StatusError} INVALID_ARGUMENT if it can't be executed.
   * @throws {Error} If it does not become ready; it has been killed then.
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
    // The program reads the end of file from a stream that leads elsewhere.
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

  /** @returns What the program has done instead of becoming ready; undefined if it is ready. */
  async #awaitReady(reactor: Reactor, ready: number): Promise<string | undefined> {
    const told = Promise.withResolvers<void>();
    reactor.watch(ready, EpollEvent.IN, () => told.resolve());
    // If the program ends, a process that it has left behind may keep the pipe open.
    this.#exit!.then(({ status }) => status === 0 || told.resolve());
    const inTime = await endsWithin(told.promise, READY_MS);
    reactor.unwatch(ready);
    if (!inTime) return `was not ready within ${READY_MS / 1000} seconds`;
    if (read(ready, new Uint8Array(1)) === 1) return undefined;
    const closingIsReady = this.uri.scheme === "binary";
    const hasEnded = isExiting(this.#pid) && await endsWithin(this.#exit!, KILL_MS);
    if (!hasEnded) return closingIsReady ? undefined : "closed its descriptor 5 without a byte";
    const { status } = await this.#exit!;
    // With the status 0 it may have left behind a process that does the work.
    if (status === 0 && closingIsReady) return undefined;
    // What it has started is killed, too. Nobody else can have got the number of its process group by now.
    killIfThere(-this.#pid, SIGKILL);
    return `ended with exit status ${status} before it was ready`;
  }

  /**
   * Waits until the program ends, and ends it if it does not by itself. Must be called when the outputs have been closed.
   * @param limit When the program is killed at the latest, in the time of performance.now().
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

  /** Kills the program and what it has started. */
  async #kill(): Promise<void> {
    if (this.#ended) return;
    killIfThere(-this.#pid, SIGKILL);
    await endsWithin(this.#exit!, KILL_MS);
  }
}
