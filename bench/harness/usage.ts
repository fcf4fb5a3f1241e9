/** What processes use of the machine. */

/** clock_getcpuclockid(3) and clock_gettime(2): to the nanosecond, where /proc tells hundredths of a second. */
const { symbols: libc } = Deno.dlopen("libc.so.6", {
  clock_getcpuclockid: { parameters: ["i32", "buffer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});

/** The processor time that a process has used so far, in ms, threads that have ended included. */
export function processorTime(pid: number): number {
  const clock = new Int32Array(1);
  const time = new BigInt64Array(2);
  if (libc.clock_getcpuclockid(pid, clock) !== 0 || libc.clock_gettime(clock[0], time) !== 0) {
    throw new Error(`expected a process ${pid} to ask for its processor time`);
  }
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}

/** Proportional set size (proc(5), smaps_rollup), in MiB: what processes share counts for each in part. */
export function proportionalMemory(pid: number): number {
  const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(rollup.match(/^Pss: +(\d+) kB$/m)![1]) / 1024;
}

/** How often each thread of a process has gone to sleep, and so been woken, by its id (proc(5), status). */
export function switchesOf(pid: number): Map<string, number> {
  const switches = new Map<string, number>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`);
      switches.set(name, Number(status.match(/^voluntary_ctxt_switches:\s+(\d+)$/m)![1]));
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return switches;
}

/** What a server does when nobody asks for anything is done by then, in ms. */
const QUIET_MS = 3_000;

/** Waits until servers that nobody calls have cleaned up, so that their memory, or what they do when idle, can be measured. */
export async function untilQuiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}
