/** Who has what open: of a FIFO that a client should read, or a pipe on whose end a Delete waits. */
import { descriptorsOf, type Process, textOf } from "./processes.ts";

/** A process that has something open. */
export interface Holder {
  readonly process: Process;
  readonly descriptor: number;
  /** For reading, for writing, or for both. */
  readonly access: "r" | "w" | "rw";
}

const ACCESS_MODE = 3;

/** All that processes have open, found once. */
export class OpenFiles {
  readonly #holders = new Map<string, { process: Process; descriptor: number }[]>();

  constructor(processes: Iterable<Process>) {
    for (const process of processes) {
      for (const [descriptor, target] of descriptorsOf(process.pid)) {
        const holders = this.#holders.get(target) ?? [];
        this.#holders.set(target, holders);
        holders.push({ process, descriptor });
      }
    }
  }

  /** Who has a file open; or a pipe, which has a name as `pipe:[4711]`. */
  holdersOf(target: string): Holder[] {
    return (this.#holders.get(target) ?? []).map(({ process, descriptor }) => ({
      process,
      descriptor,
      access: accessOf(process.pid, descriptor),
    }));
  }
}

function accessOf(pid: number, descriptor: number): Holder["access"] {
  const flags = textOf(`/proc/${pid}/fdinfo/${descriptor}`)?.match(/^flags:\s+([0-7]+)$/m)?.[1];
  return (["r", "w", "rw"] as const)[parseInt(flags ?? "0", 8) & ACCESS_MODE] ?? "rw";
}
