import { type Any, RuncOptions } from "../proto/mod.ts";
import { ClientFifo } from "./client_fifo.ts";
import { findProgram } from "./private_containerd.ts";

/** A runc that is held at the begin or end of some of its commands, for what happens while one is under way. */
export class SlowRunc {
  readonly path: string;
  /** The runtime options that name it. */
  readonly options: Any.Properties;
  readonly #log: string;
  readonly #held: ClientFifo;
  readonly #gate: ClientFifo;

  private constructor(path: string, log: string, held: ClientFifo, gate: ClientFifo) {
    this.path = path;
    this.options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName: path }).finish(),
    };
    this.#log = log;
    this.#held = held;
    this.#gate = gate;
  }

  /** Makes it in `folder`. It is held at each of the `points` (`begin create`, `end pause`, …). */
  static async make(folder: string, ...points: string[]): Promise<SlowRunc> {
    const held = await ClientFifo.make(`${folder}/held`);
    const gate = await ClientFifo.make(`${folder}/gate`);
    const log = `${folder}/commands`;
    const runc = findProgram("runc");
    const commands = new Set(points.map((point) => point.split(" ")[1]));
    const script = `#!/bin/sh
pass() {
  echo "$1" >> ${log}
  case "$1" in ${points.map((point) => `"${point}"`).join("|")})
    echo "$1" > ${held.path}
    read line < ${gate.path}
  esac
}
for word; do
  case "$word" in ${[...commands].join("|")})
    pass "begin $word"
    ${runc} "$@"
    status=$?
    pass "end $word"
    exit $status
  esac
done
exec ${runc} "$@"
`;
    await Deno.writeTextFile(`${folder}/slow-runc`, script, { mode: 0o755 });
    return new SlowRunc(`${folder}/slow-runc`, log, held, gate);
  }

  /** Waits until it is held at a point, for the first time or once more. */
  async untilHeld(point: string): Promise<void> {
    await this.#held.output.until(new RegExp(`^${point}\n`));
  }

  /** Lets one that is held go on. */
  async release(): Promise<void> {
    await this.#gate.write("go\n");
  }

  /** The begin and end of each command that it may be held at, in order. */
  async log(): Promise<string[]> {
    return (await Deno.readTextFile(this.#log)).trim().split("\n");
  }

  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }
}
