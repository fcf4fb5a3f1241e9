/**
 * Doors: sockets at which a server that runs already takes what a further `start` has. The spare has one, a server whose containers are
 * gone; and so has a server that containers share, as long as it has room (shared.ts). For that it need not be booted, and is warm.
 * `start` sends an {@linkcode Offer}; what follows is as with a server that it has spawned, by lines and a byte (handshake.ts), or the
 * line {@linkcode DECLINED}.
 */
import { close, read, writeAll } from "../libc/descriptor.ts";
import { connectUnix } from "../libc/socket.ts";
import type { Settings } from "../settings/settings.ts";
import type { Arguments } from "./arguments.ts";
import { ANSWERED, FOUND, LISTENING, type Listening } from "./handshake.ts";
import { tell, type Told } from "./inherited.ts";

/** What a server says that is not for this `start`. */
export const DECLINED = "declined\n";
/** The length of an offer, in the bytes of its JSON. */
export const LENGTH_BYTES = 4;
/** How long `start` waits at a door, in ms, for each step; then it goes on as if there were none. */
export const PATIENCE_MS = 2_000;

/** What `start` sends, as JSON. */
export interface Offer {
  /** With the socket to serve on. */
  readonly args: Arguments;
  /** What containerd has given on standard input, in base64. */
  readonly input: string;
  /** The pid of who has executed `start`. */
  readonly containerd: number;
  /** What `start` tells of itself, by which the server finds out what it would inherit (inherited.ts). */
  readonly told: Told;
}

/** Called by `start`: makes an offer of what a spawned server would be given. */
export function makeOffer(
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  settings: Settings,
): Offer {
  return { args, input: input.toBase64(), containerd: Deno.ppid, told: tell(settings) };
}

/**
 * Called by `start`: makes an offer at a door, and waits until the server listens.
 * @param path The door's.
 * @returns Undefined if the server does not take it.
 * @throws {Error} If nobody answers. A server that takes it all the same ends its part, as nobody tells it that an answer was given.
 */
export function offerAt(path: string, offer: Offer): Listening | undefined {
  const door = connectUnix(path, PATIENCE_MS);
  let said = "";
  try {
    writeAll(door, encodeOffer(offer));
    said = readLine(door);
    if (said === "") throw new Error(`nobody has answered at ${path}`);
  } finally {
    if (said !== LISTENING) close(door);
  }
  if (said === FOUND) return { sayAnswerGiven() {} };
  if (said !== LISTENING) return undefined;
  return { sayAnswerGiven: () => writeAll(door, Uint8Array.of(ANSWERED)) };
}

function encodeOffer(offer: Offer): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(offer));
  const message = new Uint8Array(LENGTH_BYTES + json.length);
  new DataView(message.buffer).setUint32(0, json.length);
  message.set(json, LENGTH_BYTES);
  return message;
}

/** Up to the first newline, with it; or what came before the end, or in time. */
function readLine(door: number): string {
  const buffer = new Uint8Array(4096);
  let line = "";
  for (let count; !line.endsWith("\n") && (count = read(door, buffer)) > 0;) {
    line += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return line;
}
