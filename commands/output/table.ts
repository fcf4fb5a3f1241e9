/** Tables for people: columns as wide as what is in them. */

/** A column. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

/**
 * Lays out a table, with two blanks between columns and none at the ends of lines.
 * @param rows Each with a text for each column; what is undefined is shown as `-`.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | undefined)[])[],
): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => row.map((cell) => cell ?? "-")),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index]))));
  return lines.map((line) =>
    line.map((cell, index) => {
      const room = " ".repeat(widths[index] - widthOf(cell));
      return columns[index].isNumber ? room + cell : cell + room;
    }).join("  ").trimEnd() + "\n"
  ).join("");
}

/** Without what colours it. */
function widthOf(cell: string): number {
  // deno-lint-ignore no-control-regex -- the escape is what it looks for
  return cell.replaceAll(/\x1b\[\d*m/g, "").length;
}
