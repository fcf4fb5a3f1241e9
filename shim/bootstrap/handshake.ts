/**
 * The handshake of `start` and the server that it spawns. To the server's standard input `start` writes which process has executed it,
 * what it has read from its own standard input, and a byte when it has given its answer to containerd. To its standard output the server
 * writes a line: that it listens, that another one does, or why none will. A server that does not get the byte ends: `start` was killed,
 * or could not answer, so that nobody knows of the server.
 */
import {
  close,
  open,
  OpenFlag,
  type Pipe,
  read,
  readAll,
  redirect,
  write,
  writeAll,
} from "../libc/descriptor.ts";
import { SystemError } from "../libc/library.ts";
import type { Arguments } from "./arguments.ts";
import { ANSWERED } from "./door.ts";

/** What a server says: each a line. */
export const LISTENING = "listening\n";
/** See {@linkcode LISTENING}. */
export const FOUND = "another one listens\n";
/** The pid of containerd and the length of the input, 4 bytes each. */
const HEAD_BYTES = 8;
const STDIN = 0;
const STDOUT = 1;

/**
 * The command line of a server.
 * @param args With the socket to serve on.
 */
export function serverArguments(args: Arguments): string[] {
  return [
    ...["-namespace", args.namespace, "-id", args.id, "-address", args.address],
    ...["-socket", args.socket, "-bundle", args.bundle],
    ...(args.doors === "" ? [] : ["-doors", args.doors]),
    ...(args.debug ? ["-debug"] : []),
    "serve",
  ];
}

/** The `start` that a server serves for. */
export interface Start {
  readonly args: Arguments;
  /** What containerd has given to it on standard input. */
  readonly input: Uint8Array<ArrayBuffer>;
  /** The pid of who has executed it. */
  readonly containerd: number;
  /**
   * Says that the server listens, and waits until `start` has given its answer to containerd, as nobody knows of the server before.
   * @param meanwhile Called at the beginning of the wait, if it is worth anything; it must not throw.
   * @returns Whether it has done so.
   */
  listening(meanwhile: () => void): boolean | Promise<boolean>;
  /** Says that the server does not listen, as another one does. */
  found(): void;
  /** Says why the server does not listen. */
  refuse(reason: string): void;
}

/** The `start` that has spawned this server. */
export class Spawned implements Start {
  readonly input: Uint8Array<ArrayBuffer>;
  readonly containerd: number;

  /** @throws {Error} If `start` has ended before it had passed on all; see {@linkcode giveInput}. */
  constructor(readonly args: Arguments) {
    const head = readAll(STDIN, HEAD_BYTES);
    if (head.length === HEAD_BYTES) {
      const view = new DataView(head.buffer);
      this.containerd = view.getUint32(0);
      this.input = readAll(STDIN, view.getUint32(4));
      if (this.input.length === view.getUint32(4)) return;
    }
    throw new Error("expected on standard input what start hands on, and it was cut short");
  }

  /** It blocks; afterwards standard input and output lead to /dev/null. */
  listening(meanwhile = () => {}): boolean {
    // By then clients may have made the server use all descriptors that it may have.
    const nowhere = open("/dev/null", OpenFlag.RDWR);
    say(LISTENING);
    meanwhile();
    const isGiven = readAll(STDIN, 1)[0] === ANSWERED;
    redirect(nowhere, STDIN);
    redirect(nowhere, STDOUT);
    close(nowhere);
    return isGiven;
  }

  found(): void {
    say(FOUND);
  }

  refuse(reason: string): void {
    say(reason);
  }
}

/** Writes to standard output, by which `start` reads. */
export function say(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    // There is no `start` any more that would read it.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Called by `start`: passes on to the server the pid of containerd and the input, behind its length.
 * @param pipe The server's standard input; its reading end is closed here.
 */
export function giveInput(pipe: Pipe, input: Uint8Array<ArrayBuffer>): void {
  close(pipe.read);
  const message = new Uint8Array(HEAD_BYTES + input.length);
  const head = new DataView(message.buffer);
  head.setUint32(0, Deno.ppid);
  head.setUint32(4, input.length);
  message.set(input, HEAD_BYTES);
  try {
    writeAll(pipe.write, message);
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
