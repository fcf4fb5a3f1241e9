/** The server's side of a door, see bootstrap/door.ts. */
import {
  ANSWERED,
  type Arguments,
  DECLINED,
  FOUND,
  LENGTH_BYTES,
  LISTENING,
  type Offer,
  type Start,
} from "../bootstrap/mod.ts";
import { after } from "../common/mod.ts";
import { listenPrivately } from "./listen.ts";
import { SocketFile } from "./socket_file.ts";

/** How long a `start` may take to say what it has to say, in ms. */
const PATIENCE_MS = 2_000;
/** The longest offer: ten MiB of input, in base64, and what else there is. */
const MAX_OFFER_BYTES = 16 << 20;

/** Who decides on what is offered. */
export interface Doorkeeper {
  /** Whether a `start` is to be taken. Where it throws, it is not. */
  accepts(offer: Offer): boolean;
  /** Takes one that was accepted. */
  take(start: Start): void;
}

/** A socket at which `start`s are heard, until it is disposed of. */
export class Door implements Disposable {
  readonly #socket: SocketFile;
  readonly #listener: Deno.Listener;

  /** @throws {Error} If there can be no such socket. */
  constructor(path: string, keeper: Doorkeeper) {
    this.#listener = listenPrivately(path);
    this.#socket = new SocketFile(path);
    this.#socket.made();
    this.#hear(keeper);
  }

  /** Whether the socket is still where it was made. */
  get isThere(): boolean {
    return this.#socket.isThere;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.#socket.remove();
  }

  async #hear(keeper: Doorkeeper): Promise<void> {
    try {
      for await (const connection of this.#listener) hear(connection, keeper);
    } catch {
      // Without a descriptor left nobody can be taken; `start` spawns a server then.
    }
  }
}

/** Hears what a `start` offers, and declines, or takes it. */
async function hear(connection: Deno.Conn, keeper: Doorkeeper): Promise<void> {
  const close = () => closeIfOpen(connection);
  const stop = after(PATIENCE_MS, close);
  try {
    const offer = await readOffer(connection);
    if (offer === undefined) return close();
    if (keeper.accepts(offer)) return keeper.take(new Offered(connection, offer));
    await connection.write(new TextEncoder().encode(DECLINED));
    close();
  } catch {
    // It has gone, or has sent what is no offer.
    close();
  } finally {
    stop();
  }
}

function closeIfOpen(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed before, as when the other side had said nothing for long.
  }
}

/** Undefined where somebody has only looked whether there is a door. */
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

/** The `start` that was taken at a door. */
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
      this.#close();
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
    said.catch(() => {}).finally(() => this.#close());
  }

  #close(): void {
    closeIfOpen(this.connection);
  }
}
