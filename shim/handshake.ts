/**
 * What passes between `start` and the server it spawned: by the server's standard input what `start` got on its own, and by its
 * standard output a line that it listens, or why it never will.
 */
import {
  close,
  open,
  OpenFlag,
  type Pipe,
  read,
  readAll,
  redirect,
  SystemError,
  write,
} from "./libc/mod.ts";

const LISTENING = "listening\n";
/** The most that containerd's own shim reads. */
const MAX_INPUT_BYTES = 10 << 20;
const STDIN = 0;
const STDOUT = 1;

/**
 * Called by `start` for its own standard input, and by the server for what `start` hands on. Waits for its end however long that
 * takes: whoever calls `start` gives it at once, and ends a shim it does not want any more.
 * @throws {Error} for more than 10 MiB.
 */
export function takeInput(): Uint8Array<ArrayBuffer> {
  const input = readAll(STDIN, MAX_INPUT_BYTES);
  if (input.length < MAX_INPUT_BYTES) return input;
  throw new Error(`expected less than ${MAX_INPUT_BYTES} bytes on standard input`);
}

/** Called by the server: it listens. Its standard output leads nowhere from now on. */
export function sayListening(): void {
  say(LISTENING);
  const nowhere = open("/dev/null", OpenFlag.WRONLY);
  redirect(nowhere, STDOUT);
  close(nowhere);
}

/** Called by a server that ends before it listens. */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/**
 * Called by `start`: hands its standard input on.
 * @param pipe The server's standard input; both ends are closed here.
 */
export function giveInput(pipe: Pipe, input: Uint8Array<ArrayBuffer>): void {
  close(pipe.read);
  try {
    for (let given = 0; given < input.length;) {
      given += write(pipe.write, input.subarray(given));
    }
  } catch (error) {
    // The server has ended: it tells why on its standard output.
    if (!(error instanceof SystemError)) throw error;
  }
  close(pipe.write);
}

/**
 * Called by `start`: waits, and does nothing else, until the server listens.
 * @param pipe The server's standard output; both ends are closed here.
 * @throws {Error} with the server's reason where it ended before.
 */
export function waitUntilListening(pipe: Pipe): void {
  close(pipe.write);
  // Not up to the end of the file: Deno has copies of a program's standard streams, so there may be none.
  const buffer = new Uint8Array(4096);
  let said = "";
  for (let count; said !== LISTENING && (count = read(pipe.read, buffer)) > 0;) {
    said += new TextDecoder().decode(buffer.subarray(0, count));
  }
  close(pipe.read);
  if (said !== LISTENING) {
    throw new Error(`the server ended before it listened: ${said || "it gave no reason"}`);
  }
}
