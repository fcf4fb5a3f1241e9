/**
 * What passes between `start` and the server it spawned, by the server's standard output: one line that says it listens, or the
 * reason why it never will.
 */
import { close, open, OpenFlag, type Pipe, read, redirect } from "./libc/mod.ts";

const LISTENING = "listening\n";
const STDOUT = 1;

/** Called by the server: it listens. Its standard output leads nowhere from now on, so that nothing waits for its end. */
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
 * Called by `start`: waits, and does nothing else, until the server listens.
 * @param pipe The server's standard output; both ends are closed here.
 * @throws {Error} with the server's reason where it ended before.
 */
export function waitUntilListening(pipe: Pipe): void {
  close(pipe.write);
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
