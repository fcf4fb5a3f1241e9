/** The manual page, made from the description of the command line, in the macros of man(7). */
import { type Command, COMMANDS, EXIT_CODES, PROGRAM, VARIABLES } from "./description.ts";
import { optionWords, synopsis } from "./help.ts";

/** The section of the manual: for those who run the machine. */
export const SECTION = 8;

/** The page. */
export function manualPage(version: string): string {
  return [
    `.TH ${PROGRAM.toUpperCase()} ${SECTION} "" "${PROGRAM} ${version}" "System Manager's Manual"\n`,
    `.SH NAME\n${text(PROGRAM)} \\- a containerd shim, with commands to look into it\n`,
    ".SH SYNOPSIS\n",
    COMMANDS.map((command) => `.B ${words(synopsis(command))}\n`).join(".br\n"),
    ".SH DESCRIPTION\n",
    paragraph(
      "containerd calls this program for each container, or each pod, by flags of one dash and the actions start and delete; nobody else needs to. The commands below are for people: they show what is on the machine, and change nothing unless they are asked to. They see the containers of containerd's own shim, too.",
    ),
    paragraph(
      "A container is named by its id, or by the beginning of it where no other begins so.",
    ),
    paragraph("All commands that look at the machine need root."),
    ".SH COMMANDS\n",
    ...COMMANDS.map(commandText),
    ".SH EXIT STATUS\n",
    ...EXIT_CODES.map(([code, meaning]) => `.TP\n.B ${code}\n${text(meaning)}\n`),
    ".SH ENVIRONMENT\n",
    ...VARIABLES.map(([name, meaning]) => `.TP\n.B ${words(name)}\n${text(meaning)}\n`),
    ".SH FILES\n",
    `.TP\n.I ${words(`/etc/${PROGRAM}.json`)}\n`,
    text("What an operator has chosen for all shims of the host; it need not be there.") + "\n",
    ".SH SEE ALSO\n",
    ".BR containerd (8),\n.BR ctr (8),\n.BR runc (8)\n",
  ].join("");
}

function commandText(command: Command): string {
  const { name, summary, description, argument, options, examples } = command;
  return [
    `.SS ${words(name)}\n`,
    `${text(summary)}.\n`,
    ...description.map((each) => paragraph(each)),
    ...(argument ? [`.TP\n.I ${words(argument.name)}\n${text(argument.help)}\n`] : []),
    ...options.map((option) => `.TP\n.B ${words(optionWords(option))}\n${text(option.help)}\n`),
    ".PP\nExamples:\n",
    ...examples.map(([command, what]) =>
      `.TP\n.B ${words(`${PROGRAM} ${command}`)}\n${text(what)}\n`
    ),
  ].join("");
}

function paragraph(sentences: string): string {
  return `.PP\n${text(sentences)}\n`;
}

/** Words in which nothing is a command of roff's, and a dash can be copied. */
function words(plain: string): string {
  return plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&");
}

const WIDTH = 80;

/** {@linkcode words}, in lines no longer than roff's own tools like them. */
function text(plain: string): string {
  const lines = [""];
  for (const word of words(plain).split(" ")) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length < WIDTH || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  // Only the first one has been looked at.
  return lines.map((line) => line.replace(/^[.']/, "\\&$&")).join("\n");
}
