import { type Any, RuncOptions } from "../proto/mod.ts";
import { ClientFifo } from "./client_fifo.ts";

/** A runc that is held at some of its commands, for what happens while one is under way. */
export class SlowRunc {
  /** The runtime options that name it. */
  readonly options: Any.Properties;
  readonly #log: string;
  readonly #held: ClientFifo;
  readonly #gate: ClientFifo;

  private constructor(binaryName: string, log: string, held: ClientFifo, gate: ClientFifo) {
    this.options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName }).finish(),
    };
    this.#log = log;
    this.#held = held;
    this.#gate = gate;
  }

  /** Makes it in `folder`. It is held at each of the `commands` (`create`, `update`, …) before it does anything. */
  static async make(folder: string, ...commands: string[]): Promise<SlowRunc> {
    const held = await ClientFifo.make(`${folder}/held`);
    const gate = await ClientFifo.make(`${folder}/gate`);
    const log = `${folder}/commands`;
    const script = `#!/bin/sh
for word; do
  case "$word" in ${commands.join("|")})
    echo "begin $word" >> ${log}
    echo "$word" > ${held.path}
    read line < ${gate.path}
    runc "$@"
    status=$?
    echo "end $word" >> ${log}
    exit $status
  esac
done
exec runc "$@"
`;
    await Deno.writeTextFile(`${folder}/slow-runc`, script, { mode: 0o755 });
    return new SlowRunc(`${folder}/slow-runc`, log, held, gate);
  }

  /** Waits until it is held at a command, for the first time or once more. */
  async untilHeld(command: string): Promise<void> {
    await this.#held.output.until(new RegExp(`^${command}\n`));
  }

  /** Lets one that is held go on. */
  async release(): Promise<void> {
    await this.#gate.write("go\n");
  }

  /** What it was held at: `begin <command>` and `end <command>`, in order. */
  async log(): Promise<string[]> {
    return (await Deno.readTextFile(this.#log)).trim().split("\n");
  }

  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }
}
