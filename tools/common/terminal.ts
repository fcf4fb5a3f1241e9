/** Colours for a terminal; plain text in a pipe, and where NO_COLOR is set (https://no-color.org). */

/** Whether standard output is a terminal. */
export const isTerminal = Deno.stdout.isTerminal();

/** A function that surrounds a text with an ANSI escape sequence and its end. */
function style(code: number, end: number): (text: string) => string {
  return (text) => isTerminal && !Deno.noColor ? `\x1b[${code}m${text}\x1b[${end}m` : text;
}

export const bold = style(1, 22);
export const dim = style(2, 22);
export const red = style(31, 39);
export const green = style(32, 39);
export const cyan = style(36, 39);
