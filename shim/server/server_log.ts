/** The log of a server: that of the shim which it runs. */
import { join } from "@std/path/posix";
import type { Arguments } from "../bootstrap/mod.ts";
import { createLogger, type Fields, type Logger } from "../common/mod.ts";
import { close, open, OpenFlag, redirect } from "../libc/mod.ts";
import { LogFifo } from "./log_fifo.ts";

const STDERR = 2;

/** A logger that writes into the FIFO `log` of a bundle, and nowhere before it is opened and after it is closed. */
export class ServerLog implements Logger, Disposable {
  #fifo: LogFifo | undefined;
  #logger: Logger | undefined;

  /**
   * Writes into a bundle's FIFO from now on, and so does who writes to standard error; until it is disposed of.
   * @param debug Whether to write messages of the level debug, too.
   */
  open({ bundle, namespace, id }: Arguments, debug: boolean): Logger & Disposable {
    const fifo = this.#fifo = new LogFifo(join(bundle, "log"));
    this.#logger = createLogger((line) => fifo.write(line), debug, {
      pid: Deno.pid,
      namespace,
      id,
    });
    redirectErrors(join(bundle, "log"));
    return this;
  }

  [Symbol.dispose](): void {
    redirectErrors("/dev/null");
    this.#fifo?.close();
    this.#fifo = this.#logger = undefined;
  }

  debug(message: string, fields?: Fields): void {
    this.#logger?.debug(message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#logger?.info(message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#logger?.warn(message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#logger?.error(message, fields);
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
