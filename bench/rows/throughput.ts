import { expectSuccess, outputOf } from "../../tests/harness/containerd/private_containerd.ts";
import type { Family } from "../harness/bench.ts";
import type { Row } from "../harness/results.ts";
import { StreamingExec } from "../harness/streams.ts";
import { processorTime } from "../harness/usage.ts";

const BLOCK_BYTES = 64 << 10;

/** One direction of bytes. */
interface Direction {
  readonly speed: Row;
  /** Of the server. */
  readonly processor: Row;
  readonly toProcess: boolean;
  readonly terminal: boolean;
  readonly mebibytes: number;
}

const PIPE = { terminal: false, mebibytes: 512 };
const TERMINAL = { terminal: true, mebibytes: 64 };

const DIRECTIONS: readonly Direction[] = [
  { ...rows("stdout", 5), ...PIPE, toProcess: false },
  { ...rows("stdin", 2.5), ...PIPE, toProcess: true },
  { ...rows("terminal's output", 1.2, 0.6), ...TERMINAL, toProcess: false },
  { ...rows("terminal's input", 1.2, 0.6), ...TERMINAL, toProcess: true },
];

/** From a process to a client and the other way, as fast as they can; both are dd(1), with nothing to do but that. */
export const throughput: Family = {
  name: "throughput",
  async measure(bench) {
    await using boxes = await bench.boxes();
    await bench.inRounds(Math.ceil(bench.rounds / 5), async (stage, round) => {
      const box = boxes.on(stage);
      const { pid } = box;
      for (const [index, direction] of DIRECTIONS.entries()) {
        const { toProcess, terminal, mebibytes, speed, processor } = direction;
        const blocks = `bs=${BLOCK_BYTES} count=${blocksIn(mebibytes)} 2>/dev/null`;
        const script = toProcess
          ? `echo ready; exec dd of=/dev/null iflag=fullblock ${blocks}`
          // It is to wait until somebody reads.
          : `echo ready; read line; exec dd if=/dev/zero ${blocks}`;
        const id = `${round.id}-${index}`;
        await using exec = await StreamingExec.start(box, stage.folder, id, script, terminal);
        const used = processorTime(pid);
        const begin = performance.now();
        if (toProcess) {
          await Promise.all([copy("/dev/zero", exec.stdin.path, direction), exec.wait()]);
        } else {
          const copied = copy(exec.stdout.path, "/dev/null", direction);
          await exec.stdin.write("\n");
          await copied;
        }
        round.add(speed, mebibytes / ((performance.now() - begin) / 1000));
        round.add(processor, (processorTime(pid) - used) / (mebibytes / 1024));
      }
    });
  },
};

function blocksIn(mebibytes: number): number {
  return (mebibytes << 20) / BLOCK_BYTES;
}

async function copy(from: string, to: string, { mebibytes }: Direction): Promise<void> {
  const args = [
    ...[`if=${from}`, `of=${to}`, `bs=${BLOCK_BYTES}`, `count=${blocksIn(mebibytes)}`],
    // Else a read that a FIFO answers in part would count as a whole block.
    ...["iflag=fullblock", "conv=notrunc", "status=none"],
  ];
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  expectSuccess(await outputOf(new Deno.Command("dd", { args, ...streams }).spawn()));
}

function rows(name: string, faster: number, cheaper?: number): { speed: Row; processor: Row } {
  return {
    speed: { name, unit: "MiB/s", goal: { ratioAtLeast: faster } },
    processor: {
      name: `- CPU of the server for ${name}`,
      unit: "ms/GiB",
      goal: cheaper === undefined ? undefined : { ratioAtMost: cheaper },
    },
  };
}
