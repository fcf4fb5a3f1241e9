/** Standard streams that are a terminal. */
import { removeIfThere } from "../common/mod.ts";
import {
  acceptWaiting,
  close,
  duplicate,
  listenUnix,
  open,
  OpenFlag,
  orClose,
  receiveDescriptor,
  setNonblocking,
  setTerminalSize,
} from "../libc/mod.ts";
import { Relay } from "./relay.ts";
import { Stdio, type StdioContext, type StdioPaths, type Streams } from "./stdio.ts";
import { DescriptorTarget, type Target } from "./target.ts";
import { copying, type Transfer } from "./transfer.ts";

/**
 * Streams that are a terminal, which the runtime makes, and whose master it sends over the console socket (runc's docs/terminals.md).
 * Its output goes to where stdout leads; without a stdout it is read all the same, and dropped.
 */
export class Terminal extends Stdio {
  override readonly streams: Streams = { stdin: "null", stdout: "null", stderr: "null" };
  override readonly consoleSocket: string;
  #listener: number | undefined;
  #source: number | undefined;
  #target: Target | undefined;
  #master: number | undefined;

  /** @param consoleSocket An unused path for the socket. */
  constructor(context: StdioContext, paths: StdioPaths, consoleSocket: string) {
    super(context, paths);
    this.consoleSocket = consoleSocket;
  }

  protected override async openStreams(
    openOutput: (name: "stdout" | "stderr", uri: string, transfer: Transfer) => Promise<Target>,
  ): Promise<void> {
    const { stdin, stdout } = this.paths;
    if (stdin) this.#source = await this.openInput(stdin);
    this.#target = stdout
      ? await openOutput("stdout", stdout, copying())
      : new DescriptorTarget(this.reactor, open("/dev/null", OpenFlag.WRONLY), copying());
    this.#listener = listenUnix(this.consoleSocket);
  }

  /** Takes the terminal's master. The runtime has sent it before it ended, so that nothing has to be waited for. */
  override start(): void {
    const connection = acceptWaiting(this.#listener!);
    try {
      this.#master = receiveDescriptor(connection);
    } finally {
      close(connection);
    }
    this.#closeListener();
    setNonblocking(this.#master);
    // A relay closes what it is given, and so gets descriptors of its own.
    if (this.#source !== undefined) {
      const source = this.#source;
      const keys = duplicate(this.#master);
      const target = new DescriptorTarget(this.reactor, keys, copying());
      this.input = orClose(keys, () => new Relay(this.reactor, { source, target }));
      this.#source = undefined;
    }
    const source = duplicate(this.#master);
    const target = this.#target!;
    this.outputs.push(
      orClose(source, () => new Relay(this.reactor, { source, target, fromTerminal: true })),
    );
    this.#target = undefined;
  }

  override resize(width: number, height: number): void {
    if (this.#master !== undefined) setTerminalSize(this.#master, width, height);
  }

  protected override closeRest(): void {
    for (const descriptor of [this.#source, this.#master]) {
      if (descriptor !== undefined) close(descriptor);
    }
    this.#target?.close();
    this.#source = this.#master = this.#target = undefined;
    this.#closeListener();
  }

  #closeListener(): void {
    if (this.#listener === undefined) return;
    close(this.#listener);
    this.#listener = undefined;
    removeIfThere(this.consoleSocket);
  }
}
