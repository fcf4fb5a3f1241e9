/** Standard streams by a terminal. */
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
import type { Reactor } from "../process/mod.ts";
import { Relay } from "./relay.ts";
import { Stdio, type StdioPaths, type Streams } from "./stdio.ts";
import { DescriptorTarget, type Target } from "./target.ts";
import { copying, type Transfer } from "./transfer.ts";

/**
 * Streams by a terminal: the runtime makes it and sends its master over the console socket (runc's docs/terminals.md). What comes
 * from it goes to where stdout leads, and nowhere, but still away from it, where that is not told.
 */
export class Terminal extends Stdio {
  override readonly streams: Streams = { stdin: "null", stdout: "null", stderr: "null" };
  override readonly consoleSocket: string;
  #listener: number | undefined;
  #source: number | undefined;
  #target: Target | undefined;
  #master: number | undefined;

  /** @param consoleSocket A path for the socket, which is free. */
  constructor(reactor: Reactor, paths: StdioPaths, consoleSocket: string) {
    super(reactor, paths);
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

  /** The runtime has sent the master before it ended, so nothing is waited for. */
  override start(): void {
    const connection = acceptWaiting(this.#listener!);
    try {
      this.#master = receiveDescriptor(connection);
    } finally {
      close(connection);
    }
    this.#closeListener();
    setNonblocking(this.#master);
    // What a relay has got is its own to close.
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
