import { type Any, RuncOptions } from "../../../proto/mod.ts";
import { expectProgram } from "../machine/programs.ts";
import { ClientFifo } from "../streams/client_fifo.ts";

/**
 * What a command has done when it is held in its midst, in place of the whole: with the command's own arguments, `$root`, `$id` and
 * `$bundle`.
 */
const MIDST: Record<string, string> = {
  // Init was let go and has become sleep, and what it waited at is still there.
  start:
    `$runc "$@"; mkfifo $root/$id/exec.fifo; until grep -q sleep /proc/$(cat $bundle/init.pid)/comm; do :; done`,
  // The process runs, and its pid is written nowhere.
  create: `unwritten "$@"`,
  exec: `unwritten "$@"`,
  // All is frozen for a moment: so runc signals all processes up to 1.1, and updates cgroups of systemd's; and criu begins. Or what
  // was frozen is not.
  kill: "freeze_or_thaw",
  update: "freeze_or_thaw",
  checkpoint: "freeze_or_thaw",
  // Not all files of its state are removed.
  delete: `$runc "$@"; mkdir -p $root/$id`,
};

/** A runtime that is held at the begin, amid, or at the end of some of its commands, for what happens while one is under way. */
export class SlowRunc {
  readonly path: string;
  /** The runtime options that name it. */
  readonly options: Any.Properties;
  readonly #log: string;
  readonly #pid: string;
  readonly #free: string;
  readonly #held: ClientFifo;
  readonly #gate: ClientFifo;

  private constructor(folder: string, held: ClientFifo, gate: ClientFifo) {
    this.path = `${folder}/slow-runc`;
    this.options = {
      typeUrl: "containerd.runc.v1.Options",
      value: RuncOptions.encode({ binaryName: this.path }).finish(),
    };
    this.#log = `${folder}/commands`;
    this.#pid = `${folder}/held-pid`;
    this.#free = `${folder}/free`;
    this.#held = held;
    this.#gate = gate;
  }

  /** Makes one of runc in `folder`. It is held at each of the `points` (`begin create`, `amid exec`, `end pause`, …). */
  static make(folder: string, ...points: string[]): Promise<SlowRunc> {
    return SlowRunc.makeOf(expectProgram("runc"), folder, ...points);
  }

  /** {@linkcode make} with another runtime than runc. */
  static async makeOf(runtime: string, folder: string, ...points: string[]): Promise<SlowRunc> {
    const held = await ClientFifo.make(`${folder}/held`);
    const gate = await ClientFifo.make(`${folder}/gate`);
    const slow = new SlowRunc(folder, held, gate);
    const commands = new Set(points.map((point) => point.split(" ")[1]));
    const midst = points.filter((point) => point.startsWith("amid "));
    const script = `#!/bin/sh
runc=${runtime}
bundle=${folder}
root=$2
for last; do before=$id; id=$last; done
case " $* " in *" kill "*) id=$before; esac
pass() {
  echo "$1" >> ${slow.#log}
  case "$1" in ${points.map((point) => `"${point}"`).join("|")})
    echo $$ > ${slow.#pid}
    echo "$1" > ${held.path}
    read line < ${gate.path}
  esac
}
freeze_or_thaw() {
  $runc --root $root state $id | grep -q '"status": *"paused"' && change=resume || change=pause
  $runc --root $root $change $id
}
unwritten() {
  for argument; do
    shift
    [ "$last" = --pid-file ] && argument=${folder}/unread.pid
    last=$argument
    set -- "$@" "$argument"
  done
  $runc "$@"
}
[ -e ${slow.#free} ] && exec $runc "$@"
for word; do
  case "$word" in ${[...commands].join("|")})
    pass "begin $word"
    case "amid $word" in
${midst.map((point) => `"${point}") ${MIDST[point.split(" ")[1]]};;`).join("\n")}
    *) $runc "$@"
    esac
    status=$?
    pass "amid $word"
    pass "end $word"
    exit $status
  esac
done
exec $runc "$@"
`;
    await Deno.writeTextFile(slow.path, script, { mode: 0o755 });
    return slow;
  }

  /** Waits until it is held at a point, for the first time or once more. */
  async untilHeld(point: string): Promise<void> {
    await this.#held.output.until(new RegExp(`^${point}\n`));
  }

  /** Lets one that is held go on. */
  async release(): Promise<void> {
    await this.#gate.write("go\n");
  }

  /** Kills the one that was held last. */
  async kill(): Promise<void> {
    Deno.kill(Number(await Deno.readTextFile(this.#pid)), "SIGKILL");
  }

  /** Holds no command any more. */
  async free(): Promise<void> {
    await Deno.writeTextFile(this.#free, "");
  }

  /** Takes {@linkcode free} back. */
  async hold(): Promise<void> {
    await Deno.remove(this.#free);
  }

  /** The begin and end of each command that it may be held at, in order. */
  async log(): Promise<string[]> {
    const lines = (await Deno.readTextFile(this.#log)).trim().split("\n");
    return lines.filter((line) => !line.startsWith("amid "));
  }

  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }
}
