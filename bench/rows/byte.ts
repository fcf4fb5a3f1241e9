import type { Family } from "../harness/bench.ts";
import { median, type Row } from "../harness/results.ts";
import { StreamingExec } from "../harness/streams.ts";

/** In each round. */
const TIMES = 500;

const FIFO = row("a byte there and back by FIFO");
const TERMINAL = row("a byte there and back by terminal");

/** From a client to a process, `cat`, and back. */
export const byte: Family = {
  name: "byte",
  async measure(bench) {
    await using boxes = await bench.boxes();
    await bench.inRounds(bench.rounds, async (stage, round) => {
      for (const [row, terminal] of [[FIFO, false], [TERMINAL, true]] as const) {
        const id = `${round.id}-${terminal}`;
        const script = "echo ready; exec cat";
        const box = boxes.on(stage);
        await using cat = await StreamingExec.start(box, stage.folder, id, script, terminal);
        round.add(row, roundTrip(cat.stdin.path, cat.stdout.path));
      }
    });
  },
};

/** The median in microseconds. Nothing else runs here meanwhile: to wait by promise takes as long as what is measured. */
function roundTrip(stdin: string, stdout: string): number {
  using input = Deno.openSync(stdin, { write: true });
  using output = Deno.openSync(stdout, { read: true });
  const byte = new Uint8Array(1);
  return median(Array.from({ length: TIMES }, () => {
    const begin = performance.now();
    input.writeSync(byte);
    output.readSync(byte);
    return 1000 * (performance.now() - begin);
  }));
}

function row(name: string): Row {
  return { name, unit: "µs", goal: { ratioAtMost: 1 } };
}
