/** The serving side of ttrpc: unary calls, any number of them at once on any number of connections. */
import { sleep } from "../common/mod.ts";
import { Connection, type ServerLogger } from "./connection.ts";
import type { CallUnderWay, Service } from "./service.ts";

/** Serves services, which have their full names (`containerd.task.v2.Task`) for keys, until it is closed. */
export class Server {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #logger: ServerLogger | undefined;
  readonly #listeners = new Set<Deno.Listener>();
  readonly #connections = new Set<Connection>();
  readonly #disconnectListeners: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(services: ReadonlyMap<string, Service>, logger?: ServerLogger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** Whether any client is connected. */
  get isConnected(): boolean {
    return this.#connections.size > 0;
  }

  /** The calls that are not answered yet. */
  get calls(): readonly CallUnderWay[] {
    return [...this.#connections].flatMap((connection) => connection.calls);
  }

  /** Calls `listener` from now on whenever a client has gone. */
  onDisconnect(listener: () => void): void {
    this.#disconnectListeners.push(listener);
  }

  /**
   * Accepts connections and answers their calls. Resolves when {@linkcode Server.close} has done its
   * work; the listener is closed then.
   *
   * @throws what `accept` throws, but for a lack of file descriptors, which passes
   */
  async serve(listener: Deno.Listener): Promise<void> {
    if (this.#closing) listener.close();
    else this.#listeners.add(listener);
    while (!this.#closing) {
      try {
        const conn = await listener.accept();
        if (this.#closing) conn.close();
        else this.#connect(conn);
      } catch (error) {
        if (this.#closing) break;
        if (!isLackOfDescriptors(error)) {
          this.#listeners.delete(listener);
          throw error;
        }
        this.#logger?.warn("ttrpc: can't accept a connection yet", { error: error.message });
        // The connection waits in the listener's queue, and there is no event for a descriptor that gets free.
        await sleep(100);
      }
    }
    await this.#closing;
  }

  /**
   * Accepts no more connections and no more calls, which are answered UNAVAILABLE. Resolves when all calls under way are answered, all
   * answers written, and all connections closed. A method must not wait for it, as it would wait for its own answer. A call may go on
   * without end, and a client may not read; {@linkcode Server.abort} ends the wait.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      for (const listener of this.#listeners) listener.close();
      this.#closing = Promise.all(Array.from(this.#connections, (each) => each.drain()))
        .then(() => {});
    }
    return this.#closing;
  }

  /** Closes every connection at once, so that a {@linkcode Server.close} under way resolves. */
  abort(): void {
    for (const connection of this.#connections) connection.end();
  }

  #connect(conn: Deno.Conn): void {
    const connection = new Connection(conn, this.#services, this.#logger);
    this.#connections.add(connection);
    connection.ended.then(() => {
      this.#connections.delete(connection);
      for (const listener of this.#disconnectListeners) listener();
    });
  }
}

function isLackOfDescriptors(error: unknown): error is Error {
  return error instanceof Error && "code" in error &&
    (error.code === "EMFILE" || error.code === "ENFILE");
}
