/**
 * The spare: a server whose containers are gone, and which waits at a socket for the next `start` of its containerd. For that it need
 * not be booted, and is warm. `start` sends an {@linkcode Offer}; what follows is as with a server that it has spawned, by lines and a
 * byte (handshake.ts), or the line {@linkcode DECLINED}.
 */
import type { Settings } from "../settings/settings.ts";
import type { Arguments } from "./arguments.ts";
import { ANSWERED, FOUND, LISTENING, type Listening } from "./handshake.ts";
import { inherited } from "./inherited.ts";

/** What a spare says that is not for this `start`. */
export const DECLINED = "declined\n";
/** The length of an offer, in the bytes of its JSON. */
export const LENGTH_BYTES = 4;
/** How long `start` waits for a spare, in ms; then it spawns a server, as without one. */
const PATIENCE_MS = 2_000;

/** What `start` sends to a spare, as JSON. */
export interface Offer {
  readonly args: Arguments;
  /** What containerd has given on standard input, in base64. */
  readonly input: string;
  /** The pid of who has executed `start`. */
  readonly containerd: number;
  /** See {@linkcode inherited}, of `start`. */
  readonly inherited: string;
}

/**
 * Called by `start`: gives to a spare what a spawned server would be given, and waits until it listens.
 * @param path See {@linkcode sparePath}.
 * @param args With the socket to serve on.
 * @returns Undefined if there is no spare, or none that can do it: then a server must be spawned.
 */
export async function takeSpare(
  path: string,
  args: Arguments,
  input: Uint8Array<ArrayBuffer>,
  settings: Settings,
): Promise<Listening | undefined> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    AbortSignal.timeout(PATIENCE_MS).addEventListener("abort", () => connection.close());
    await writeAll(
      connection,
      encodeOffer({
        args,
        input: input.toBase64(),
        containerd: Deno.ppid,
        inherited: inherited(settings),
      }),
    );
    const said = await readLine(connection);
    if (said === FOUND) return { sayAnswerGiven() {} };
    if (said !== LISTENING) return undefined;
    return { sayAnswerGiven: () => writeAll(connection, Uint8Array.of(ANSWERED)) };
  } catch {
    // It was killed, hangs, or another `start` has taken it before. It ends, should it have begun to serve, as nobody tells it of an answer.
    return undefined;
  }
}

function encodeOffer(offer: Offer): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(offer));
  const message = new Uint8Array(LENGTH_BYTES + json.length);
  new DataView(message.buffer).setUint32(0, json.length);
  message.set(json, LENGTH_BYTES);
  return message;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

/** Up to the first newline, with it; or up to the end. */
async function readLine(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let line = "";
  for (let count; !line.endsWith("\n") && (count = await connection.read(buffer)) !== null;) {
    line += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return line;
}
