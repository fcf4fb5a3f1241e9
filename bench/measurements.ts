import { bold } from "../tools/common/terminal.ts";

/** Measured values in rows and columns. */
export class Measurements {
  readonly #rows = new Map<string, Map<string, number[]>>();

  /** @param columns The name of each column; the last one is compared with the first. */
  constructor(private readonly columns: readonly string[]) {}

  /** Adds a value to a row, which is made where there is none. */
  add(row: string, column: string, value: number): void {
    const cells = this.#rows.get(row) ?? new Map<string, number[]>();
    this.#rows.set(row, cells);
    cells.set(column, [...cells.get(column) ?? [], value]);
  }

  /** Does something, and adds the milliseconds that it took. */
  async time<Value>(row: string, column: string, work: () => Promise<Value>): Promise<Value> {
    const start = performance.now();
    const value = await work();
    this.add(row, column, performance.now() - start);
    return value;
  }

  /** A table of the medians, with the ratio of the last column to the first. */
  table(title: string): string {
    const line = ([name, ...cells]: readonly string[]) =>
      `${name.padEnd(34)}${cells.map((cell) => cell.padStart(9)).join("")}`;
    const rows = [...this.#rows].map(([row, cells]) => {
      const medians = this.columns.map((column) => median(cells.get(column) ?? []));
      const ratio = medians[medians.length - 1] / medians[0];
      return line([row, ...medians.map((value) => value.toFixed(1)), ratio.toFixed(2)]);
    });
    return [bold(line([title, ...this.columns, "ratio"])), ...rows].join("\n");
  }
}

/** The value in the middle, or the mean of the two there; NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}
