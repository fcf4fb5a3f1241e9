/** Standard streams that are pipes. */
import { changeOwner, close, orClose, pipe, setNonblocking } from "../libc/mod.ts";
import type { Stream } from "../process/mod.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import { type Owner, Stdio, type StdioContext, type StdioPaths } from "./stdio.ts";
import { DescriptorTarget, type Target } from "./target.ts";
import { splicing, type Transfer } from "./transfer.ts";
import type { StreamName } from "./uri.ts";

/**
 * Streams that are pipes. Each of the three is relayed on its own. Only our ends of the pipes are nonblocking, as programs expect reads
 * and writes of their standard streams to wait.
 */
export class Pipes extends Stdio {
  override readonly streams: { stdin: Stream; stdout: Stream; stderr: Stream } = {
    stdin: "null",
    stdout: "null",
    stderr: "null",
  };
  readonly #processSide: number[] = [];
  /** The input, which is carried only once there is a process: if the command fails, the input is left for the next one. */
  #waitingInput: RelayOptions | undefined;

  constructor(context: StdioContext, paths: StdioPaths, private readonly owner: Owner) {
    super(context, paths);
  }

  protected override async openStreams(
    openOutput: (name: "stdout" | "stderr", uri: string, transfer: Transfer) => Promise<Target>,
  ): Promise<void> {
    if (this.paths.stdin) this.#makeInput(await this.openInput(this.paths.stdin));
    for (const name of ["stdout", "stderr"] as const) {
      const uri = this.paths[name];
      if (uri) this.#makeOutput(name, await openOutput(name, uri, splicing));
    }
  }

  #makeInput(source: number): void {
    const { read, write } = orClose(source, () => pipe());
    setNonblocking(write);
    const target = new DescriptorTarget(this.reactor, write, splicing);
    this.#waitingInput = { source, target };
    this.#giveToProcess("stdin", read);
  }

  #makeOutput(name: "stdout" | "stderr", target: Target): void {
    try {
      const { read, write } = pipe();
      orClose(read, () => {
        this.#giveToProcess(name, write);
        setNonblocking(read);
        this.outputs.push(new Relay(this.reactor, { source: read, target }));
      });
    } catch (error) {
      target.close();
      throw error;
    }
  }

  #giveToProcess(name: StreamName, descriptor: number): void {
    this.#processSide.push(descriptor);
    changeOwner(descriptor, this.owner.uid, this.owner.gid);
    this.streams[name] = descriptor;
  }

  override releaseProcessSide(): void {
    for (const descriptor of this.#processSide.splice(0)) close(descriptor);
  }

  override start(): void {
    if (this.#waitingInput !== undefined) this.input = new Relay(this.reactor, this.#waitingInput);
    this.#waitingInput = undefined;
  }

  protected override closeRest(): void {
    if (this.#waitingInput !== undefined) {
      close(this.#waitingInput.source);
      this.#waitingInput.target.close();
    }
    this.#waitingInput = undefined;
  }
}
