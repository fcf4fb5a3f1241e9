/** What `--help` prints. */
import { type Command, COMMANDS, EXIT_CODES, type Option, PROGRAM } from "./description.ts";

const WIDTH = 80;
const MARGIN = 22;

/** The help of the program. */
export function programHelp(version: string): string {
  return [
    `${PROGRAM} ${version}: a containerd shim. containerd calls it by flags and the\n`,
    "actions start and delete; these commands are for people, and change nothing\n",
    "unless they are asked to:\n\n",
    ...COMMANDS.map(({ name, summary }) => entry(name, summary)),
    entry("help", "Tell this, or with a command's name what that does"),
    "\nExit codes:\n",
    ...EXIT_CODES.map(([code, meaning]) => entry(`${code}`, meaning)),
    `\n${PROGRAM} COMMAND --help tells more.\n`,
  ].join("");
}

/** The help of a command. */
export function commandHelp(command: Command): string {
  const { argument, description, options, examples } = command;
  return [
    `Usage: ${synopsis(command)}\n`,
    ...description.map((paragraph) => `\n${wrap(paragraph, 0)}\n`),
    "\n",
    ...(argument ? [entry(argument.name, argument.help)] : []),
    ...options.map((option) => entry(optionWords(option), option.help)),
    "\nExamples:\n",
    ...examples.map(([words, what]) => `  ${PROGRAM} ${words}\n      ${what}\n`),
  ].join("");
}

/** How a command is called, in one line. */
export function synopsis({ name, argument, options }: Command): string {
  const word = argument && (argument.isOptional ? `[${argument.name}]` : argument.name);
  const words = [
    PROGRAM,
    name,
    ...(options.length > 0 ? ["[OPTIONS]"] : []),
    ...(word ? [word] : []),
  ];
  return words.join(" ");
}

/** How an option is written. */
export function optionWords({ name, short, value }: Option): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

/** A name, and beside it or below it what it means. */
function entry(name: string, meaning: string): string {
  const text = wrap(meaning, MARGIN);
  const start = `  ${name}`;
  if (start.length > MARGIN - 2) return `${start}\n${" ".repeat(MARGIN)}${text}\n`;
  return `${start.padEnd(MARGIN)}${text}\n`;
}

/** Breaks a text into lines, all but the first behind a margin. */
function wrap(text: string, margin: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= WIDTH - margin) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(margin)}`);
}
