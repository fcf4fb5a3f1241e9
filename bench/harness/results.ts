/** What was measured, and how it is told: as a table, and as JSON. */

/** The shims that are compared. */
export type Column = "Go" | "ours";

/** One row of the table. Each is named once, where it is measured. */
export interface Row {
  readonly name: string;
  /** Of the values: `ms`, `MiB`, … */
  readonly unit: string;
  readonly goal?: Goal;
}

/** What the project aims at: a ratio of ours to Go's, or a value of ours. */
export type Goal =
  /** `since2`: against the Go shims of containerd 2 and later, which take longer. */
  | { readonly ratioAtMost: number; readonly since2?: number }
  | { readonly ratioAtLeast: number }
  | { readonly valueAtMost: number };

/** A row with the medians of what was measured. */
export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly go: number;
  readonly ours: number;
  /** Ours / Go's. */
  readonly ratio: number;
  /** As it is printed; empty without one. */
  readonly goal: string;
  /** Without a goal undefined. */
  readonly isMet?: boolean;
  /** How many values each median is of. */
  readonly values: number;
}

/** All values that were measured, by row, in the order in which the rows came. */
export class Results {
  /** By the rows' names. */
  readonly #rows = new Map<string, { row: Row; values: Record<Column, number[]> }>();

  /** @param isSince2 Whether the Go shim is one of containerd 2 or later. */
  constructor(private readonly isSince2: boolean) {}

  /** Gives a row its place, below those that have one. */
  place(row: Row): void {
    if (!this.#rows.has(row.name)) this.#rows.set(row.name, { row, values: { Go: [], ours: [] } });
  }

  /** Adds a value to a row. */
  add(row: Row, column: Column, value: number): void {
    this.place(row);
    this.#rows.get(row.name)!.values[column].push(value);
  }

  /** The rows. */
  lines(): Line[] {
    return Array.from(this.#rows.values(), ({ row: { name, unit, goal }, values }) => {
      const [go, ours] = [median(values.Go), median(values.ours)];
      // Nothing is as much as nothing.
      const ratio = ours === go ? 1 : ours / go;
      const judged = goal === undefined ? { goal: "" } : this.#judge(goal, ratio, ours, unit);
      return { name, unit, go, ours, ratio, ...judged, values: values.ours.length };
    });
  }

  /** The rows as a table in Markdown, its columns aligned. */
  table(): string {
    const cells = this.lines().map((line) => [
      line.name,
      line.unit,
      ...[line.go, line.ours].map(rounded),
      line.ratio.toFixed(2),
      line.goal,
      line.isMet === undefined ? "" : line.isMet ? "yes" : "no",
    ]);
    const header = ["", "unit", "Go", "ours", "ratio", "goal", "met"];
    const widths = header.map((_, index) =>
      Math.max(3, ...[header, ...cells].map((row) => row[index].length))
    );
    const isNumber = (index: number) => index >= 2 && index <= 4;
    const print = (row: string[]) =>
      `| ${
        row.map((cell, index) =>
          isNumber(index) ? cell.padStart(widths[index]) : cell.padEnd(widths[index])
        ).join(" | ")
      } |`;
    const rule = widths.map((width, index) =>
      isNumber(index) ? `${"-".repeat(width - 1)}:` : "-".repeat(width)
    );
    return [print(header), print(rule), ...cells.map(print)].join("\n");
  }

  #judge(
    goal: Goal,
    ratio: number,
    ours: number,
    unit: string,
  ): { goal: string; isMet: boolean } {
    if ("valueAtMost" in goal) {
      return { goal: `≤ ${goal.valueAtMost} ${unit}`, isMet: ours <= goal.valueAtMost };
    }
    if ("ratioAtLeast" in goal) {
      return { goal: `≥ ${goal.ratioAtLeast.toFixed(2)}`, isMet: ratio >= goal.ratioAtLeast };
    }
    const limit = this.isSince2 ? goal.since2 ?? goal.ratioAtMost : goal.ratioAtMost;
    return { goal: `≤ ${limit.toFixed(2)}`, isMet: ratio <= limit };
  }
}

/** The value in the middle, or the mean of the two there; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** With some three digits. */
function rounded(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
