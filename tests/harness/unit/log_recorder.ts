import type { Logger } from "../../../shim/common/logger.ts";

/** A logger that keeps its messages, each as `level message`. */
export class LogRecorder implements Logger {
  readonly messages: string[] = [];
  readonly debug = this.#log("debug");
  readonly info = this.#log("info");
  readonly warn = this.#log("warning");
  readonly error = this.#log("error");

  #log(level: string): (message: string) => void {
    return (message) => void this.messages.push(`${level} ${message}`);
  }
}
