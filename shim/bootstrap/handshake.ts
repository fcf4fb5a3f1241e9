/**
 * What passes between `start` and the server it spawned. By the server's standard input what `start` got on its own, and later a byte
 * when it has given its answer; by its standard output a line that the server listens, or that another one does, or why none will. A
 * server that does not get the byte ends: `start` was killed, or could not tell anyone of it.
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
/** The most that containerd's own shim reads. */
const MAX_INPUT_BYTES = 10 << 20;
const STDIN = 0;
const STDOUT = 1;

/**
 * Called by `start` for its own standard input. Waits for its end however long that takes: whoever calls `start` gives it at once, and
 * ends a shim it does not want any more.
 * @throws {Error} for more than 10 MiB.
 */
export function takeInput(): Uint8Array<ArrayBuffer> {
  const input = readAll(STDIN, MAX_INPUT_BYTES);
  if (input.length < MAX_INPUT_BYTES) return input;
  throw new Error(`expected less than ${MAX_INPUT_BYTES} bytes on standard input`);
}

/**
 * Called by the server for what `start` hands on.
 * @throws {Error} where `start` has ended before it had handed all on.
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
 * Called by the server: it listens.
 * @returns For {@linkcode isAnswerGiven}, a descriptor that leads nowhere: by then clients may have taken all that the server may have.
 */
export function sayListening(): number {
  const nowhere = open("/dev/null", OpenFlag.RDWR);
  say(LISTENING);
  return nowhere;
}

/** Called by a server that ends since it has found another one, which listens. */
export function sayFound(): void {
  say(FOUND);
}

/** Called by a server that ends before it listens. */
export function say(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    // Nobody hears it any more.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Called by the server once it listens. Waits until `start` has given its answer, and does nothing else: before that, nobody knows of
 * the server. Its standard input and output lead nowhere then.
 * @param nowhere From {@linkcode sayListening}; it is closed here.
 * @returns Whether `start` has done so.
 */
export function isAnswerGiven(nowhere: number): boolean {
  const isGiven = readAll(STDIN, 1)[0] === ANSWERED;
  redirect(nowhere, STDIN);
  redirect(nowhere, STDOUT);
  close(nowhere);
  return isGiven;
}

/**
 * Called by `start`: hands its standard input on.
 * @param pipe The server's standard input; the end to read is closed here.
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
    // The server has ended: it tells why on its standard output.
    if (!(error instanceof SystemError)) throw error;
  }
}

/**
 * Called by `start` when it has given its answer.
 * @param stdin The end to write of the server's standard input; it is closed here.
 * @throws {SystemError} where the server has ended meanwhile.
 */
export function sayAnswerGiven(stdin: number): void {
  write(stdin, Uint8Array.of(ANSWERED));
  close(stdin);
}

/**
 * Called by `start`: waits, and does nothing else, until a server listens.
 * @param pipe The server's standard output; both ends are closed here.
 * @returns Whether it is this server, and not another one that it has found.
 * @throws {Error} with the server's reason where it ended before.
 */
export function waitUntilListening(pipe: Pipe): boolean {
  close(pipe.write);
  // Not up to the end of the file: Deno has copies of a program's standard streams, so there may be none.
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
