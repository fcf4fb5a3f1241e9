/** Standard streams by pipes. */
import { changeOwner, close, orClose, pipe, setNonblocking } from "./libc/mod.ts";
import type { Reactor } from "./reactor.ts";
import { Relay } from "./relay.ts";
import type { Stream } from "./spawn.ts";
import { type Output, type Owner, Stdio, type StdioPaths } from "./stdio.ts";
import { splicing } from "./transfer.ts";

/** What a relay will carry, and how. */
interface Ends extends Output {
  readonly source: number;
}

/** Streams by pipes: each of the three on its own, relayed to and from where it leads. */
export class Pipes extends Stdio {
  override readonly streams: { stdin: Stream; stdout: Stream; stderr: Stream } = {
    stdin: "null",
    stdout: "null",
    stderr: "null",
  };
  readonly #processSide: number[] = [];
  #inputEnds: Ends | undefined;
  readonly #outputEnds: Ends[] = [];

  /**
   * Opens what the streams lead to and makes the pipes.
   * @throws {StatusError} INVALID_ARGUMENT for what can't be opened.
   */
  constructor(private readonly reactor: Reactor, paths: StdioPaths, private readonly owner: Owner) {
    super();
    try {
      if (paths.stdin) this.streams.stdin = this.#makeInput(paths.stdin);
      if (paths.stdout) this.streams.stdout = this.#makeOutput("stdout", paths.stdout);
      if (paths.stderr) this.streams.stderr = this.#makeOutput("stderr", paths.stderr);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #makeInput(uri: string): Stream {
    const source = this.openInput(uri);
    const { read, write } = orClose(source, () => pipe());
    // The process's side waits, as programs expect it.
    setNonblocking(write);
    this.#inputEnds = { source, target: write, transfer: splicing };
    return this.#giveToProcess(read);
  }

  #makeOutput(name: "stdout" | "stderr", uri: string): Stream {
    const output = this.openOutput(name, uri, splicing);
    const { read, write } = orClose(output.target, () => pipe());
    setNonblocking(read);
    this.#outputEnds.push({ source: read, ...output });
    return this.#giveToProcess(write);
  }

  #giveToProcess(descriptor: number): Stream {
    this.#processSide.push(descriptor);
    changeOwner(descriptor, this.owner.uid, this.owner.gid);
    return descriptor;
  }

  override releaseProcessSide(): void {
    for (const descriptor of this.#processSide.splice(0)) close(descriptor);
  }

  override start(): void {
    // What a relay has got is its own to close, also where the next one can't be made.
    if (this.#inputEnds !== undefined) this.input = new Relay(this.reactor, this.#inputEnds);
    this.#inputEnds = undefined;
    for (let ends; (ends = this.#outputEnds[0]) !== undefined; this.#outputEnds.shift()) {
      this.outputs = [...this.outputs, new Relay(this.reactor, ends)];
    }
  }

  override close(): Promise<void> {
    const ends = this.#inputEnds === undefined ? [] : [this.#inputEnds];
    for (const { source, target } of [...ends, ...this.#outputEnds]) {
      close(source);
      close(target);
    }
    this.#inputEnds = undefined;
    this.#outputEnds.length = 0;
    return super.close();
  }
}
