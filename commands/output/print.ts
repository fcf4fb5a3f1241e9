/** Writes to standard output. A reader that goes, as `head` does, ends the program quietly. */

/** Writes a text. */
export function print(text: string): void {
  const data = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < data.length;) {
      written += Deno.stdout.writeSync(data.subarray(written));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    Deno.exit(0);
  }
}

/** Writes a value as JSON, for people who read it, too. */
export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Writes a value as JSON in a line of its own, for what has no end. */
export function printJsonLine(value: unknown): void {
  print(`${JSON.stringify(value)}\n`);
}
