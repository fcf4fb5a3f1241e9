/** The terminal that somebody sits at: a pair of devices as pty(7) tells of them, and a command on it. */

import type { PrivateContainerd } from "../containerd/private_containerd.ts";
import { killIfRunning } from "../machine/kill_child.ts";
import { TextReader } from "./text_reader.ts";

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const TIOCSWINSZ = 0x5414n;

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  posix_openpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32", nonblocking: true },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32", nonblocking: true },
});

function check(result: number, call: string): number {
  if (result === -1) throw new Error(`${call} of a terminal failed`);
  return result;
}

/**
 * A command whose three streams and controlling terminal are a terminal of its own, and the one who types
 * there and reads.
 *
 * ```ts
 * await using terminal = PseudoTerminal.run("sh", ["-c", "read name; echo hello $name"]);
 * await terminal.type("you\r");
 * await terminal.output.until(/hello you/);
 * const { code } = await terminal.end();
 * ```
 */
export class PseudoTerminal {
  readonly #master: number;
  /** The command. */
  readonly child: Deno.ChildProcess;
  /** What is to be seen on the terminal. */
  readonly output: TextReader;

  /** Runs a command on a terminal of 80 columns and 24 rows. */
  static run(command: string, args: string[]): PseudoTerminal {
    const master = check(libc.posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
    check(libc.unlockpt(master), "unlockpt");
    const name = new Uint8Array(64);
    libc.ptsname_r(master, name, 64n);
    const slave = check(libc.open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), "open");
    try {
      return new PseudoTerminal(master, slave, command, args);
    } finally {
      // The command has it: when that ends, so does the terminal.
      libc.close(slave);
    }
  }

  private constructor(master: number, slave: number, command: string, args: string[]) {
    this.#master = master;
    this.resize(80, 24);
    // Deno takes a descriptor for a stream, too, which its types do not tell.
    const stream = slave as unknown as "inherit";
    this.child = new Deno.Command("setsid", {
      // So the output is as it was written, even after ctr, which lets the terminal go on to change line ends.
      args: ["--ctty", "sh", "-c", 'stty -onlcr; exec "$@"', "sh", command, ...args],
      stdin: stream,
      stdout: stream,
      stderr: stream,
    }).spawn();
    this.output = new TextReader(async (buffer) => {
      const count = await libc.read(master, buffer, BigInt(buffer.length));
      // EIO: nobody has the other side any more.
      return count > 0 ? count : null;
    });
  }

  /** Types. The return key is `\r`, control and C together `\x03`. */
  async type(keys: string): Promise<void> {
    for (let bytes = new TextEncoder().encode(keys); bytes.length > 0;) {
      const written = await libc.write(this.#master, bytes, BigInt(bytes.length));
      bytes = bytes.subarray(check(written, "write"));
    }
  }

  /** Makes it larger or smaller, which the command gets SIGWINCH for. */
  resize(columns: number, rows: number): void {
    const size = new Uint16Array([rows, columns, 0, 0]);
    check(libc.ioctl(this.#master, TIOCSWINSZ, size), "TIOCSWINSZ");
  }

  /** Waits for the end of the command, and answers its exit code, and what was to be seen since the last match. */
  async end(): Promise<{ code: number; output: string }> {
    const output = await this.output.rest();
    return { code: (await this.child.status).code, output };
  }

  /** Ends the command, if it has not ended, and closes the terminal. */
  async [Symbol.asyncDispose](): Promise<void> {
    killIfRunning(this.child);
    await this.child.status;
    await this.output.rest();
    libc.close(this.#master);
  }
}

/** Runs `ctr` on a terminal. */
export function ctrAtTerminal(containerd: PrivateContainerd, args: string[]): PseudoTerminal {
  const { address, namespace } = containerd;
  return PseudoTerminal.run("ctr", ["--address", address, "--namespace", namespace, ...args]);
}
