/** Standard streams by a terminal. */
import {
  acceptWaiting,
  close,
  duplicate,
  listenUnix,
  open,
  OpenFlag,
  receiveDescriptor,
  setNonblocking,
  setTerminalSize,
} from "./libc/mod.ts";
import type { Reactor } from "./reactor.ts";
import { Relay } from "./relay.ts";
import { type Output, Stdio, type StdioPaths, type Streams } from "./stdio.ts";
import { copying } from "./transfer.ts";

/**
 * Streams by a terminal: the runtime makes it and sends its master over the console socket (runc's docs/terminals.md). What comes
 * from it goes to where stdout leads, and nowhere, but still away from it, where that is not told.
 */
export class Terminal extends Stdio {
  override readonly streams: Streams = { stdin: "null", stdout: "null", stderr: "null" };
  override readonly consoleSocket: string;
  #listener: number | undefined;
  #source: number | undefined;
  #output: Output | undefined;
  #master: number | undefined;

  /**
   * Opens what the streams lead to and listens on the console socket.
   * @param consoleSocket A path for it, which is free.
   * @throws {StatusError} INVALID_ARGUMENT for what can't be opened.
   */
  constructor(private readonly reactor: Reactor, paths: StdioPaths, consoleSocket: string) {
    super();
    this.consoleSocket = consoleSocket;
    try {
      if (paths.stdin) this.#source = this.openInput(paths.stdin);
      this.#output = paths.stdout
        ? this.openOutput("stdout", paths.stdout, copying())
        : { target: open("/dev/null", OpenFlag.WRONLY), transfer: copying() };
      this.#listener = listenUnix(consoleSocket);
    } catch (error) {
      this.close();
      throw error;
    }
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
    if (this.#source !== undefined) {
      this.input = new Relay(this.reactor, {
        source: this.#source,
        target: duplicate(this.#master),
        transfer: copying(),
      });
      this.#source = undefined;
    }
    this.outputs = [
      new Relay(this.reactor, {
        source: duplicate(this.#master),
        ...this.#output!,
        fromTerminal: true,
      }),
    ];
    this.#output = undefined;
  }

  override resize(width: number, height: number): void {
    if (this.#master !== undefined) setTerminalSize(this.#master, width, height);
  }

  override close(): Promise<void> {
    this.#closeListener();
    for (const descriptor of [this.#source, this.#output?.target, this.#master]) {
      if (descriptor !== undefined) close(descriptor);
    }
    this.#source = this.#output = this.#master = undefined;
    return super.close();
  }

  #closeListener(): void {
    if (this.#listener === undefined) return;
    close(this.#listener);
    this.#listener = undefined;
    Deno.removeSync(this.consoleSocket);
  }
}
