/** Shows a program's steps to its reader: a number, a title, what happened, how long it took. */
import { quote } from "../../commands/output/text.ts";
import { bold, cyan, dim, green, isTerminal, red } from "../common/terminal.ts";

const TITLE_WIDTH = 62;
const INDENT = "    ";

/** What a step says, line by line. */
export class Account {
  readonly lines: string[] = [];

  /** A command as one would type it, and what it printed. */
  command(words: readonly string[], output = ""): void {
    this.lines.push(cyan(`$ ${words.map(quote).join(" ")}`));
    for (const line of output.trimEnd().split("\n")) if (line !== "") this.lines.push(`  ${line}`);
  }

  /** A line as it is. */
  say(line: string): void {
    this.lines.push(line);
  }

  /**
   * Says that something holds.
   * @throws {Error} where it does not; the step has failed then.
   */
  verify(fact: string, holds: boolean, found: unknown = ""): void {
    if (!holds) throw new Error(`expected: ${fact}${found === "" ? "" : `; found: ${found}`}`);
    this.lines.push(`${green("✓")} ${fact}`);
  }
}

let number = 0;
/** Prints the step that is under way, its heading in the given style. */
let print = (_style: (text: string) => string) => {};

/** Does a step, and prints it when it is done; a terminal shows the heading at once. */
export async function step<Value>(
  title: string,
  work: (account: Account) => Promise<Value>,
): Promise<Value> {
  const account = new Account();
  const start = performance.now();
  const label = `${++number}`.padStart(2);
  const heading = (style: (text: string) => string) => `${style(label)}  ${style(bold(title))}`;
  print = (style) => {
    const milliseconds = `${Math.round(performance.now() - start)} ms`.padStart(8);
    const padding = " ".repeat(Math.max(1, TITLE_WIDTH - title.length));
    console.log(`${isTerminal ? "\r" : "\n"}${heading(style)}${padding}${dim(milliseconds)}`);
    for (const line of account.lines) console.log(INDENT + line);
  };
  if (isTerminal) Deno.stdout.writeSync(new TextEncoder().encode(`\n${heading(dim)}`));
  const value = await work(account);
  print((text) => text);
  return value;
}

/** Prints the step that failed, with what it had to say until then. */
export function printFailedStep(): void {
  print(red);
}
