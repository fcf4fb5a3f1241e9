/** The FIFOs of an exec'd process, as a client has them. */
import { ClientFifo } from "../../tests/harness/streams/client_fifo.ts";
import type { Container } from "./container.ts";

/** A process that reads and writes, in a running container. */
export class StreamingExec implements AsyncDisposable {
  private constructor(
    private readonly box: Container,
    private readonly execId: string,
    readonly stdin: ClientFifo,
    readonly stdout: ClientFifo,
  ) {}

  /**
   * Executes a shell script, which is to write `ready` first.
   * @param terminal Whether its streams are a terminal. It is raw then: all bytes pass as they are.
   */
  static async start(
    box: Container,
    folder: string,
    execId: string,
    script: string,
    terminal: boolean,
  ): Promise<StreamingExec> {
    const stdin = await ClientFifo.make(`${folder}/${execId}-in`);
    const stdout = await ClientFifo.make(`${folder}/${execId}-out`);
    const command = ["sh", "-c", terminal ? `stty raw -echo; ${script}` : script];
    // The Go shim does with all three, or with none; a terminal has no third.
    const stderr = terminal ? "" : stdout.path;
    const paths = { stdin: stdin.path, stdout: stdout.path, stderr };
    await box.exec(execId, command, { ...paths, terminal });
    await stdout.output.until(/ready\r?\n/);
    return new StreamingExec(box, execId, stdin, stdout);
  }

  /** Waits for its end. */
  async wait(): Promise<void> {
    await this.box.wait(this.execId);
  }

  /** Kills it, if it runs, and deletes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { box: { tasks, id }, execId } = this;
    // It may have ended.
    await tasks.call("Kill", { id, execId, signal: 9 }).catch(() => {});
    await this.wait();
    await this.box.deleteProcess(execId);
    for (const fifo of [this.stdin, this.stdout]) {
      fifo[Symbol.dispose]();
      await Deno.remove(fifo.path);
    }
  }
}
