import { killIfRunning } from "./kill_child.ts";

/** How a {@linkcode Daemon} is started. */
export interface DaemonOptions {
  /** The words before the command, where it is to run in other namespaces. */
  enter?: readonly string[];
  args: string[];
  /** A folder in which it looks for programs before those of the PATH. */
  programs?: string;
  /** What it says on its standard error when it is ready. */
  readyMessage: string;
}

/** A daemon as a child process, which logs on its standard error; not running before {@linkcode boot}. */
export class Daemon {
  /** What it has logged since the first start. */
  log = "";

  readonly #command: string;
  readonly #options: DaemonOptions;
  #child?: Deno.ChildProcess;
  #logEnd?: Promise<void>;
  #logged = Promise.withResolvers<void>();

  constructor(command: string, options: DaemonOptions) {
    this.#command = command;
    this.#options = options;
  }

  /** Starts the daemon and waits until it is ready. */
  async boot(): Promise<void> {
    if (this.#child) throw new Error(`${this.#command} is running already`);
    const { enter = [], args, programs, readyMessage } = this.#options;
    const path = Deno.env.get("PATH")!;
    const [program, ...words] = [...enter, this.#command, ...args];
    const child = new Deno.Command(program, {
      args: words,
      env: { PATH: programs === undefined ? path : `${programs}:${path}` },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    const before = this.log.length;
    await new Promise<void>((resolve, reject) => {
      const follow = async () => {
        for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
          this.log += text;
          this.#logged.resolve();
          this.#logged = Promise.withResolvers();
          if (this.log.includes(readyMessage, before)) resolve();
        }
        reject(new Error(`${this.#command} ended too early:\n${this.log.slice(before)}`));
      };
      this.#logEnd = follow();
    });
  }

  /** Ends the daemon, and waits for that. Without effect where it does not run. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    // It may have ended by itself, or a failed test has ended it.
    killIfRunning(child, signal);
    await child.status;
    await this.#logEnd;
  }

  /** Waits until what was logged since the {@linkcode log} was `from` long matches `pattern`. */
  async untilLogged(pattern: RegExp, from: number): Promise<void> {
    while (!pattern.test(this.log.slice(from))) await this.#logged.promise;
  }

  /** The process id. */
  get pid(): number {
    if (!this.#child) throw new Error(`${this.#command} is not running`);
    return this.#child.pid;
  }
}
