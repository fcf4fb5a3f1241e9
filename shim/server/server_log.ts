/** The log of a server: each shim that it runs has one of its own. */
import { join } from "@std/path/posix";
import type { Arguments } from "../bootstrap/mod.ts";
import { createLogger, type Fields, type Logger, type LogLevel } from "../common/mod.ts";
import { close, open, OpenFlag, redirect } from "../libc/mod.ts";
import { LogFifo } from "./log_fifo.ts";

const STDERR = 2;

/** The log of one shim, in the FIFO `log` of its bundle. */
interface ShimLog {
  readonly logger: Logger;
  readonly fifo: LogFifo;
  readonly path: string;
}

/**
 * A logger for what is no shim's own. It writes to the log that has been open for longest, and so does who writes to standard error;
 * while none is open it is lost.
 */
export class ServerLog implements Logger {
  /** In the order in which they were opened. */
  readonly #logs: ShimLog[] = [];
  /** By logs that are closed. */
  #lostBefore = 0;

  /**
   * Opens the log of a shim, until it is disposed of.
   * @param level The least that is written.
   */
  open({ bundle, namespace, id }: Arguments, level: LogLevel): Logger & Disposable {
    const path = join(bundle, "log");
    const fifo = new LogFifo(path);
    const fields = { pid: Deno.pid, namespace, id };
    const logger = createLogger((line) => fifo.write(line), level, fields);
    const log = { logger, fifo, path };
    this.#logs.push(log);
    if (this.#first === log) redirectErrors(path);
    return {
      ...logger,
      [Symbol.dispose]: () => {
        const wasFirst = this.#first === log;
        this.#logs.splice(this.#logs.indexOf(log), 1);
        if (wasFirst) redirectErrors(this.#first?.path ?? "/dev/null");
        fifo.close();
        this.#lostBefore += fifo.lost;
      },
    };
  }

  get #first(): ShimLog | undefined {
    return this.#logs[0];
  }

  /** How many lines of all logs were lost so far, as nobody read them. */
  get lostLines(): number {
    return this.#logs.reduce((sum, { fifo }) => sum + fifo.lost, this.#lostBefore);
  }

  debug(message: string, fields?: Fields): void {
    this.#first?.logger.debug(message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#first?.logger.info(message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#first?.logger.warn(message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#first?.logger.error(message, fields);
  }
}

/** Lets standard error lead to a file, or, if there is none, to /dev/null. */
function redirectErrors(path: string): void {
  const errors = openErrors(path);
  redirect(errors, STDERR);
  close(errors);
}

/** A FIFO that is opened for both directions opens without a reader; it must not make who writes wait for one either. */
function openErrors(path: string): number {
  try {
    return open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
  } catch {
    return open("/dev/null", OpenFlag.RDWR);
  }
}
