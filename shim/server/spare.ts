/** A server that has no container any more waits for the next `start` of its containerd: see bootstrap/spare.ts. */
import {
  ANSWERED,
  type Arguments,
  DECLINED,
  FOUND,
  isAnswered,
  LENGTH_BYTES,
  LISTENING,
  lockFile,
  lockPath,
  type Offer,
  sparePath,
  type Start,
} from "../bootstrap/mod.ts";
import { removeIfThere } from "../common/mod.ts";
import { close, EpollEvent, openPidfd, setCommandLine, SIGTERM } from "../libc/mod.ts";
import { ownExecutable, watchSignals } from "../process/mod.ts";
import { collectGarbage } from "./garbage.ts";
import { privately } from "./listen.ts";
import type { ServerProcess } from "./server_process.ts";
import { SocketFile } from "./socket_file.ts";

/** How long a spare waits for a `start`, in ms. */
const WAIT_MS = 600_000;
/** After so long, in ms, there is time to clean up. */
const QUIET_MS = 1_000;
/** How long a `start` may take to say what it has to say, in ms. */
const PATIENCE_MS = 2_000;
/** The longest offer: ten MiB of input, in base64, and what else there is. */
const MAX_OFFER_BYTES = 16 << 20;

/**
 * Waits, as the spare of its containerd, for a `start` that would start the same server as this one.
 * @param last The last one that this server was for.
 * @returns Undefined if this server can be no spare, as there is one already or it is not as it was at first; or if its time is over,
 * its containerd has ended, or it was asked to end. Nothing of it is left then.
 */
export async function waitForStart(
  server: ServerProcess,
  last: Start,
): Promise<Start | undefined> {
  if (!server.isAsNew) return undefined;
  // The process, and not its address: after a restart containerd's own environment is another one.
  const containerd = openPidfd(last.containerd);
  if (containerd === undefined) return undefined;
  try {
    const path = await sparePath(last.args);
    using listener = await listen(path);
    if (listener === undefined) return undefined;
    setCommandLine([ownExecutable(), "-address", last.args.address, "spare"]);
    const taken = Promise.withResolvers<Start | undefined>();
    let isTaken = false;
    const take = (start: Start | undefined) => {
      isTaken = true;
      taken.resolve(start);
    };
    const end = () => take(undefined);
    using _signals = watchSignals(server.reactor, ({ signal }) => signal === SIGTERM && end());
    server.reactor.watch(containerd, EpollEvent.IN, end);
    const timers = [setTimeout(end, WAIT_MS), setTimeout(collectGarbage, QUIET_MS)];
    listener.accept((connection) => takeOffer(connection, server, take, () => isTaken));
    try {
      return await taken.promise;
    } finally {
      timers.forEach(clearTimeout);
      server.reactor.unwatch(containerd);
    }
  } finally {
    close(containerd);
  }
}

/** What listens for `start`, until it is disposed of. */
class SpareListener implements Disposable {
  readonly #socket: SocketFile;
  readonly #listener: Deno.Listener;

  constructor(path: string, listener: Deno.Listener) {
    this.#listener = listener;
    this.#socket = new SocketFile(path);
    this.#socket.made();
  }

  /** Calls `take` with each connection. */
  async accept(take: (connection: Deno.Conn) => Promise<void>): Promise<void> {
    try {
      for await (const connection of this.#listener) take(connection);
    } catch {
      // Without a descriptor left nobody can be taken; `start` spawns a server then.
    }
  }

  [Symbol.dispose](): void {
    this.#socket.remove();
    this.#listener.close();
  }
}

/** Listens as the spare, unless there is one that answers. */
async function listen(path: string): Promise<SpareListener | undefined> {
  using _lock = await lockFile(lockPath(path));
  if (await isAnswered(path)) return undefined;
  removeIfThere(path);
  return new SpareListener(path, privately(() => Deno.listen({ transport: "unix", path })));
}

/**
 * Hears what a `start` offers, and declines, or takes it.
 * @param take Takes a `start`, or nothing for the spare to end, as it is of an older version or has older settings or has older settings. It may be called once.
 * @param isTaken Whether it has been.
 */
async function takeOffer(
  connection: Deno.Conn,
  server: ServerProcess,
  take: (start: Start | undefined) => void,
  isTaken: () => boolean,
): Promise<void> {
  const close = () => {
    try {
      connection.close();
    } catch {
      // It was closed, as the other side has said nothing for long.
    }
  };
  const timer = setTimeout(close, PATIENCE_MS);
  try {
    const offer = await readOffer(connection);
    if (offer === undefined) return close();
    const isSame = offer.inherited === server.inherited;
    if (isSame && !isTaken() && server.isAsNew) return take(new Offered(connection, offer));
    await connection.write(new TextEncoder().encode(DECLINED));
    close();
    const isOlder = versionIn(offer.inherited) !== versionIn(server.inherited!);
    if (isOlder && !isTaken()) take(undefined);
  } catch {
    // It has gone, or has sent what is no offer.
    close();
  } finally {
    clearTimeout(timer);
  }
}

/** The versions of the executables, and the settings, which inherited() tells first. */
function versionIn(inherited: string): string {
  return inherited.split("\n", 3).join("\n");
}

/** Undefined where somebody has only looked whether there is a spare. */
async function readOffer(connection: Deno.Conn): Promise<Offer | undefined> {
  const head = await readExactly(connection, LENGTH_BYTES);
  if (head === undefined) return undefined;
  const length = new DataView(head.buffer).getUint32(0);
  if (length > MAX_OFFER_BYTES) return undefined;
  const json = await readExactly(connection, length);
  return json && JSON.parse(new TextDecoder().decode(json));
}

async function readExactly(
  connection: Deno.Conn,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  for (let count = 0; count < length;) {
    const more = await connection.read(bytes.subarray(count));
    if (more === null) return undefined;
    count += more;
  }
  return bytes;
}

/** The `start` that this server has taken as a spare. */
class Offered implements Start {
  readonly args: Arguments;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly containerd: number;

  constructor(private readonly connection: Deno.Conn, offer: Offer) {
    this.args = offer.args;
    this.input = Uint8Array.fromBase64(offer.input);
    this.containerd = offer.containerd;
  }

  async listening(): Promise<boolean> {
    try {
      await this.connection.write(new TextEncoder().encode(LISTENING));
      const answer = new Uint8Array(1);
      return await this.connection.read(answer) === 1 && answer[0] === ANSWERED;
    } catch {
      return false;
    } finally {
      this.connection.close();
    }
  }

  found(): void {
    this.#say(FOUND);
  }

  refuse(reason: string): void {
    this.#say(reason);
  }

  #say(text: string): void {
    const said = this.connection.write(new TextEncoder().encode(text));
    said.catch(() => {}).finally(() => this.connection.close());
  }
}
