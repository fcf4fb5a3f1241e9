/**
 * The handshake of `start` and the server that it spawns. To the server's standard input `start` writes what it has read from its own,
 * and a byte when it has given its answer to containerd. To its standard output the server writes a line: that it listens, that another
 * one does, or why none will. A server that does not get the byte ends: `start` was killed, or could not answer, so that nobody knows of
 * the server.
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
} from "../libc/mod.ts";

const LISTENING = "listening\n";
const FOUND = "another one listens\n";
const ANSWERED = 1;
const LENGTH_BYTES = 4;
/** The most that Go's shim reads. */
const MAX_INPUT_BYTES = 10 << 20;
const STDIN = 0;
const STDOUT = 1;

/**
 * Reads the standard input of `start`. It waits for the end without a bound: containerd writes it at once, and kills a `start` that
 * takes too long.
 * @throws {Error} If there are more than 10 MiB.
 */
export function takeInput(): Uint8Array<ArrayBuffer> {
  const input = readAll(STDIN, MAX_INPUT_BYTES);
  if (input.length < MAX_INPUT_BYTES) return input;
  throw new Error(`expected less than ${MAX_INPUT_BYTES} bytes on standard input`);
}

/**
 * Called by the server: reads what `start` passes on, see {@linkcode giveInput}.
 * @throws {Error} If `start` has ended before it had passed on all.
 */
export function takeGivenInput(): Uint8Array<ArrayBuffer> {
  const length = readAll(STDIN, LENGTH_BYTES);
  if (length.length === LENGTH_BYTES) {
    const expected = new DataView(length.buffer).getUint32(0);
    const input = readAll(STDIN, expected);
    if (input.length === expected) return input;
  }
  throw new Error("expected on standard input what start hands on, and it was cut short");
}

/**
 * Called by the server: says that it listens.
 * @returns A descriptor of /dev/null for {@linkcode isAnswerGiven}: by then clients may have made the server use all that it may have.
 */
export function sayListening(): number {
  const nowhere = open("/dev/null", OpenFlag.RDWR);
  say(LISTENING);
  return nowhere;
}

/** Called by the server: says that it ends, as another one listens already. */
export function sayFound(): void {
  say(FOUND);
}

/** Called by the server: says why it ends before it listens. */
export function say(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    // There is no `start` any more that would read it.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Called by the server once it listens. It blocks until `start` has given its answer, as nobody knows of the server before; afterwards
 * standard input and output lead to /dev/null.
 * @param nowhere What {@linkcode sayListening} has returned; it is closed here.
 * @returns Whether `start` has given its answer.
 */
export function isAnswerGiven(nowhere: number): boolean {
  const isGiven = readAll(STDIN, 1)[0] === ANSWERED;
  redirect(nowhere, STDIN);
  redirect(nowhere, STDOUT);
  close(nowhere);
  return isGiven;
}

/**
 * Called by `start`: passes on its standard input to the server, behind its length in 4 bytes.
 * @param pipe The server's standard input; its reading end is closed here.
 */
export function giveInput(pipe: Pipe, input: Uint8Array<ArrayBuffer>): void {
  close(pipe.read);
  const message = new Uint8Array(LENGTH_BYTES + input.length);
  new DataView(message.buffer).setUint32(0, input.length);
  message.set(input, LENGTH_BYTES);
  try {
    for (let given = 0; given < message.length;) {
      given += write(pipe.write, message.subarray(given));
    }
  } catch (error) {
    // The server has ended; its standard output says why.
    if (!(error instanceof SystemError)) throw error;
  }
}

/**
 * Called by `start`: says that it has given its answer.
 * @param stdin The writing end of the server's standard input; it is closed here.
 * @throws {SystemError} If the server has ended meanwhile.
 */
export function sayAnswerGiven(stdin: number): void {
  write(stdin, Uint8Array.of(ANSWERED));
  close(stdin);
}

/**
 * Called by `start`: blocks until a server listens.
 * @param pipe The server's standard output; both ends are closed here.
 * @returns Whether the server itself listens, and not another one that it has found.
 * @throws {Error} If the server has ended before, with the reason that it gave.
 */
export function waitUntilListening(pipe: Pipe): boolean {
  close(pipe.write);
  // It does not read up to the end of the file: Deno keeps copies of its standard streams, so that there may be none.
  const buffer = new Uint8Array(4096);
  let said = "";
  for (let count; ![LISTENING, FOUND].includes(said) && (count = read(pipe.read, buffer)) > 0;) {
    said += new TextDecoder().decode(buffer.subarray(0, count));
  }
  close(pipe.read);
  if (said === LISTENING) return true;
  if (said === FOUND) return false;
  throw new Error(`the server ended before it listened: ${said || "it gave no reason"}`);
}
