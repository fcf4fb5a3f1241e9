/** The server's side of a door, see bootstrap/door.ts. */
import { dirname, isAbsolute } from "@std/path/posix";
import { ANSWERED, type Knock, receive, Reply, send } from "../bootstrap/door.ts";
import { type Arguments, isAnswered, lockFile, lockPath, type Start } from "../bootstrap/mod.ts";
import { isFound, type Plan } from "../bootstrap/plan.ts";
import { after, removeIfThere } from "../common/mod.ts";
import { listenPrivately } from "./listen.ts";
import { SocketFile } from "./socket_file.ts";

/** How long a `start` may take to say what it has to say, and the decision on it, in ms. */
const PATIENCE_MS = 2_000;

/** Who decides on a `start` that knocks. */
export interface Doorkeeper {
  /** Whether any can be taken at all. It is asked when somebody comes, who has said nothing yet. */
  isReady(): boolean;
  /**
   * Plans it. Nothing is taken yet.
   * @returns Undefined if it is for another server; so it is where this throws.
   */
  plan(knock: Knock, input: Uint8Array<ArrayBuffer>): Promise<Plan | undefined>;
  /**
   * Takes one that was planned.
   * @returns Whether it does.
   */
  take(start: Start): boolean;
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
      for await (const connection of this.#listener) hear(new Visitor(connection), keeper);
    } catch {
      // Without a descriptor left nobody can be taken; `start` spawns a server then.
    }
  }
}

/**
 * Opens a door at a path that any server may have its door at.
 * @returns Undefined if one has.
 */
export async function openDoorAt(path: string, keeper: Doorkeeper): Promise<Door | undefined> {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  using _lock = await lockFile(lockPath(path));
  if (isAnswered(path)) return undefined;
  removeIfThere(path);
  return new Door(path, keeper);
}

/** Hears what a `start` has to say, and declines, or takes it. */
async function hear(visitor: Visitor, keeper: Doorkeeper): Promise<void> {
  const stop = after(PATIENCE_MS, () => visitor.close());
  try {
    const isReady = keeper.isReady();
    const message = await receive(visitor.connection);
    // Else somebody has only looked whether there is a door.
    if (message === undefined) return visitor.close();
    if (!isReady) return visitor.end(Reply.DECLINED);
    const knock: Knock = JSON.parse(new TextDecoder().decode(message));
    const input = Uint8Array.fromBase64(knock.input);
    // It would be another one here: the server has its own current directory.
    if (!isAbsolute(knock.args.bundle)) return visitor.end(Reply.DECLINED);
    const plan = await keeper.plan(knock, input);
    if (plan === undefined || visitor.isClosed) return visitor.end(Reply.DECLINED);
    if (await isFound(plan.args.socket)) return visitor.end(Reply.FOUND, plan.answer);
    if (visitor.isClosed || !keeper.take(new Taken(visitor, knock, input, plan))) {
      visitor.end(Reply.DECLINED);
    }
  } catch {
    // It has gone, or has sent what is no knock, or there can be no server for it, which it finds out itself.
    visitor.end(Reply.DECLINED);
  } finally {
    stop();
  }
}

/** A `start` at the door. */
class Visitor {
  isClosed = false;

  constructor(readonly connection: Deno.Conn) {}

  async say(reply: number, answer: Uint8Array = new Uint8Array()): Promise<void> {
    const bytes = new Uint8Array(1 + answer.length);
    bytes[0] = reply;
    bytes.set(answer, 1);
    await send(this.connection, bytes);
  }

  /** Says the last thing. */
  end(...reply: Parameters<Visitor["say"]>): void {
    if (!this.isClosed) this.say(...reply).catch(() => {}).finally(() => this.close());
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.connection.close();
  }
}

/** A `start` that was taken at a door. */
class Taken implements Start {
  readonly args: Arguments;
  readonly containerd: number;

  constructor(
    private readonly visitor: Visitor,
    knock: Knock,
    readonly input: Uint8Array<ArrayBuffer>,
    private readonly plan: Plan,
  ) {
    this.args = plan.args;
    this.containerd = knock.containerd;
  }

  async listening(): Promise<boolean> {
    try {
      await this.visitor.say(Reply.LISTENING, this.plan.answer);
      const answer = new Uint8Array(1);
      return await this.visitor.connection.read(answer) === 1 && answer[0] === ANSWERED;
    } catch {
      return false;
    } finally {
      this.visitor.close();
    }
  }

  found(): void {
    this.visitor.end(Reply.FOUND, this.plan.answer);
  }

  /** It spawns a server then, which tells it. */
  refuse(): void {
    this.visitor.end(Reply.DECLINED);
  }
}
