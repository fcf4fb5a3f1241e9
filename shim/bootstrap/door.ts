/**
 * Doors: sockets at which a server that runs already takes what a further `start` has. The spare has one, a server whose containers are
 * gone; and so has a server that containers share, as long as it has room (shared.ts). For that it need not be booted, and is warm.
 *
 * `start` knocks before it does anything else: the server looks at it in /proc (inherited.ts), and does what `start` would do for its
 * answer (plan.ts), in a tenth of the time. So this is all that a `start` loads, as a rule; and nothing of it calls libc.
 */
import { after } from "../common/timer.ts";
import { ownExecutable } from "../process/executable.ts";
import type { Arguments } from "./arguments.ts";

/** How long `start` waits at a door, in ms; then it goes on as if there were none. */
export const PATIENCE_MS = 2_000;
/** What `start` says when it has given its answer to containerd. */
export const ANSWERED = 1;

/** What `start` sends, as JSON. */
export interface Knock {
  /** The server finds the socket by itself. */
  readonly args: Arguments;
  /** What containerd has given on standard input, in base64. */
  readonly input: string;
  /** The pid of who has executed `start`. */
  readonly containerd: number;
  readonly caller: Caller;
}

/** What a process has to tell of itself so that another one can look at it. */
export interface Caller {
  readonly pid: number;
  /** The path by which it can be executed again. */
  readonly executable: string;
  /** The arguments that it was executed with: in another PID namespace the pid is that of another process. */
  readonly words: readonly string[];
}

/** This process. */
export function ownCaller(): Caller {
  return { pid: Deno.pid, executable: ownExecutable(), words: Deno.args };
}

/** What a server says to a knock, in one byte. The answer for containerd follows, unless it has declined. */
export const Reply = {
  /** It is not for this `start`. */
  DECLINED: 0,
  /** It listens. */
  LISTENING: 1,
  /** Another one listens. */
  FOUND: 2,
} as const;

/** A server that listens, or has found another one that does. */
export interface Listening {
  /** Says to the server, unless it has found another one, that `start` has given its answer. */
  sayAnswerGiven(): unknown;
}

/** A server that has made the answer for containerd itself. */
export interface Served extends Listening {
  readonly answer: Uint8Array;
}

/**
 * Called by `start`: connects to a door, before it has anything to say. The server looks at itself meanwhile.
 * @throws {Error} If there is none, or nobody.
 */
export function connectTo(path: string): Promise<Deno.Conn> {
  return Deno.connect({ transport: "unix", path });
}

/**
 * Called by `start`: knocks at a door, and waits until the server listens.
 * @param door See {@linkcode connectTo}.
 * @param input What came on standard input.
 * @returns Undefined if the server declines.
 * @throws {Error} If nobody answers. A server that takes it all the same ends its part, as nobody tells it that an answer was given.
 */
export async function knock(
  door: Deno.Conn,
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
): Promise<Served | undefined> {
  const said: Knock = {
    args,
    input: input.toBase64(),
    containerd: Deno.ppid,
    caller: ownCaller(),
  };
  const sent = send(door, new TextEncoder().encode(JSON.stringify(said)));
  // To make the first timer takes a cold process 1 ms.
  const stop = after(PATIENCE_MS, () => door.close());
  try {
    await sent;
    const reply = await receive(door);
    if (reply === undefined) throw new Error("expected an answer at the door, and nobody gave one");
    if (reply[0] === Reply.DECLINED) return void door.close();
    return {
      answer: reply.subarray(1),
      async sayAnswerGiven() {
        if (reply[0] === Reply.LISTENING) await door.write(Uint8Array.of(ANSWERED));
      },
    };
  } finally {
    stop();
  }
}

/** The length of a message is before it, in so many bytes. */
const LENGTH_BYTES = 4;
/** The longest: ten MiB of input, in base64, and what else there is. */
const MAX_MESSAGE_BYTES = 16 << 20;

/** Sends a message. */
export async function send(connection: Deno.Conn, message: Uint8Array): Promise<void> {
  const bytes = new Uint8Array(LENGTH_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(0, message.length);
  bytes.set(message, LENGTH_BYTES);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** Receives a message; undefined at the end, or if it can be none. */
export async function receive(
  connection: Deno.Conn,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const head = await receiveBytes(connection, LENGTH_BYTES);
  if (head === undefined) return undefined;
  const length = new DataView(head.buffer).getUint32(0);
  return length > MAX_MESSAGE_BYTES ? undefined : await receiveBytes(connection, length);
}

async function receiveBytes(
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
