/** The shim as its server runs it: what it offers to the Task service, and how it ends. */
import { dirname } from "@std/path/posix";
import {
  type Arguments,
  type EventsAddress,
  removeAbandonedLocks,
  sidePath,
} from "../bootstrap/mod.ts";
import { after, type Logger, orWarn } from "../common/mod.ts";
import type { Reactor, Reaper } from "../process/mod.ts";
import type { Settings } from "../settings/settings.ts";
import type { Service } from "../ttrpc/mod.ts";
import { Publisher } from "./events.ts";
import { listen, type ListeningServer } from "./listen.ts";
import type { ServerProcess } from "./server_process.ts";
import type { Shim } from "./shim.ts";
import { SocketFile } from "./socket_file.ts";

/** How long clients may take to go by themselves, in ms. */
const ALONE_MS = 2_000;
/** How long clients may take to read their last answers, in ms. */
const CLOSE_MS = 5_000;

/** The shim of a server that listens or is about to. */
export class RunningShim implements Shim {
  readonly namespace: string;
  readonly bundle: string;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly reaper: Reaper;
  readonly reactor: Reactor;
  readonly events: Publisher;
  readonly socket: SocketFile;
  readonly #ended = Promise.withResolvers<void>();
  #server: ListeningServer | undefined;
  #isEnding = false;
  #sidePaths = 0;
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(
    private readonly process: ServerProcess,
    { namespace, bundle, socket }: Arguments,
    eventsAddress: EventsAddress | undefined,
    logger: Logger,
  ) {
    const { settings, reaper, reactor } = process;
    this.namespace = namespace;
    this.bundle = bundle;
    this.settings = settings;
    this.logger = logger;
    this.reaper = reaper;
    this.reactor = reactor;
    if (eventsAddress === undefined) logger.warn("containerd has no address: events go nowhere");
    this.events = new Publisher(eventsAddress, namespace, logger);
    this.socket = new SocketFile(socket);
  }

  abort(): never {
    return this.process.exit();
  }

  newSocketPath(): string {
    return sidePath(this.socket.path, ++this.#sidePaths);
  }

  awaitBeforeEnd(work: Promise<unknown>): void {
    this.#unfinished.add(work);
    const remove = () => void this.#unfinished.delete(work);
    work.then(remove, remove);
  }

  /** Makes the socket, and serves on it from now on. */
  async listen(services: ReadonlyMap<string, Service>): Promise<ListeningServer> {
    const { socket: { path }, settings: { protocol }, logger } = this;
    const server = this.#server = await listen(path, protocol, services, logger);
    this.socket.made();
    return server;
  }

  /** Resolves when the events of all that has happened so far are sent. */
  async allTold(): Promise<void> {
    await Promise.allSettled(this.#unfinished);
    await this.events.sent;
  }

  /** Resolves when it has ended: nobody can connect, and containerd has been told of all. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  shutdownWhenAlone(): void {
    const server = this.#server;
    if (!server?.isConnected) return this.shutdown();
    server.onDisconnect(() => {
      if (!server.isConnected) this.shutdown();
    });
    after(ALONE_MS, () => this.shutdown());
  }

  shutdown(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const closed = this.#server?.close();
    // Deno's listener has removed the file already; gRPC's would do so only later, when another server may have one there. A failure,
    // as in a folder that is gone, must not keep the server alive.
    void orWarn(this.logger, "remove the socket", () => this.socket.remove());
    // The server has closed only when the call that asked for this is answered.
    Promise.all([closed, this.events.sent]).then(() => this.end());
    // A client that does not read its answers is waited for only so long.
    after(CLOSE_MS, () => this.#server?.abort());
  }

  /** Ends it at once, whatever is still to be done. */
  end(): void {
    try {
      this.socket.remove();
      removeAbandonedLocks(dirname(this.socket.path));
    } catch (error) {
      // The shim ends also if the folder is gone.
      this.logger.debug("can't remove the socket", { error });
    }
    this.events.close();
    this.#ended.resolve();
  }
}
