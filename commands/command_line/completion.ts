/** Completions for shells, made from the description of the command line. */
import { type Command, COMMANDS, type Kind, type Option, PROGRAM } from "./description.ts";

/** The script that a shell is to read. */
export function completion(shell: string): string {
  if (shell === "bash") return bash();
  return shell === "zsh" ? zsh() : fish();
}

/** The shell's function, which can't have dashes in its name everywhere. */
const FUNCTION = `_${PROGRAM.replaceAll("-", "_")}`;

const NAMES = COMMANDS.map(({ name }) => name);

/** What lists the ids of containers, and the namespaces, in every shell. */
const CONTAINERS = "ps --quiet 2>/dev/null";
const NAMESPACES = "ps 2>/dev/null | awk 'NR > 1 { print $1 }' | sort -u";

/** The ways to write an option. */
function wordsOf({ name, short }: Option): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

function bash(): string {
  const values = COMMANDS.flatMap(({ name, options }) =>
    options.filter(({ value }) => value !== undefined).map((option) => {
      const patterns = wordsOf(option).map((word) => `${name}:${word}`).join("|");
      return `    ${patterns}) ${bashReply(option.kind)}; return ;;\n`;
    })
  );
  const words = COMMANDS.map(({ name, options, argument }) => {
    const all = options.flatMap(wordsOf).join(" ");
    const rest = argument ? bashReply(argument.kind) : ":";
    return `    ${name}) if [[ $current == -* ]]; then ${bashWords(all)}; else ${rest}; fi ;;\n`;
  });
  return `# Completions of ${PROGRAM} for bash.
${FUNCTION}() {
  local program=\${COMP_WORDS[0]} command=\${COMP_WORDS[1]}
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    ${bashWords([...NAMES, "help", "--help"].join(" "))}
    return
  fi
  case $command:$previous in
${values.join("")}  esac
  case $command in
${words.join("")}    help) ${bashWords(NAMES.join(" "))} ;;
  esac
}
complete -F ${FUNCTION} ${PROGRAM}
`;
}

function bashWords(words: string): string {
  return `COMPREPLY=($(compgen -W "${words}" -- "$current"))`;
}

function bashReply(kind: Kind | undefined): string {
  if (kind === "container") return bashWords(`$("$program" ${CONTAINERS})`);
  if (kind === "namespace") return bashWords(`$("$program" ${NAMESPACES})`);
  if (kind === "file") return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))';
  if (kind === "folder") return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"))';
  return kind === undefined ? ":" : bashWords(kind.join(" "));
}

function zsh(): string {
  const cases = COMMANDS.map((command) => {
    const { name, argument, options } = command;
    const specs = options.map(zshOption);
    if (argument) specs.push(`'1:${argument.name}:${zshAction(argument.kind)}'`);
    return `    ${name})\n      _arguments ${specs.join(" \\\n        ")} ;;\n`;
  });
  const described = COMMANDS.map(({ name, summary }) => `    '${name}:${zshText(summary)}'\n`);
  return `#compdef ${PROGRAM}
# Completions of ${PROGRAM} for zsh.
${FUNCTION}_containers() {
  local -a ids
  ids=(\${(f)"$($program ${CONTAINERS})"})
  compadd -a ids
}
${FUNCTION}_namespaces() {
  local -a names
  names=(\${(f)"$($program ${NAMESPACES})"})
  compadd -a names
}
${FUNCTION}() {
  local program=$words[1]
  local -a commands
  commands=(
${described.join("")}    'help:Tell what a command does'
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join("")}    help) _arguments '1:COMMAND:(${NAMES.join(" ")})' ;;
  esac
}
${FUNCTION} "$@"
`;
}

function zshOption(option: Option): string {
  const { help, value, kind } = option;
  const words = wordsOf(option);
  const rest = `[${zshText(help)}]${value === undefined ? "" : `:${value}:${zshAction(kind)}`}`;
  if (words.length === 1) return `'${words[0]}${rest}'`;
  return `'(${words.join(" ")})'{${words.join(",")}}'${rest}'`;
}

function zshText(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&").replaceAll("'", "'\\''");
}

function zshAction(kind: Kind | undefined): string {
  if (kind === "container") return `${FUNCTION}_containers`;
  if (kind === "namespace") return `${FUNCTION}_namespaces`;
  if (kind === "file") return "_files";
  if (kind === "folder") return "_files -/";
  return kind === undefined ? "" : `(${kind.join(" ")})`;
}

function fish(): string {
  const line = (...words: string[]) => `complete --command ${PROGRAM} ${words.join(" ")}\n`;
  const first = "--condition __fish_use_subcommand";
  const of = ({ name }: Pick<Command, "name">) =>
    `--condition '__fish_seen_subcommand_from ${name}'`;
  return [
    `# Completions of ${PROGRAM} for fish.\n`,
    line("--no-files"),
    ...COMMANDS.map(({ name, summary }) =>
      line(first, `--arguments ${name}`, `--description ${fishText(summary)}`)
    ),
    line(first, "--arguments help", "--description 'Tell what a command does'"),
    line(of({ name: "help" }), `--arguments ${fishText(NAMES.join(" "))}`),
    ...COMMANDS.flatMap((command) => [
      ...command.options.map(({ name, short, value, kind, help }) =>
        line(
          of(command),
          ...(short === undefined ? [] : [`--short-option ${short}`]),
          `--long-option ${name}`,
          ...(value === undefined ? [] : ["--require-parameter", fishWords(kind)]),
          `--description ${fishText(help)}`,
        )
      ),
      ...(command.argument ? [line(of(command), fishWords(command.argument.kind))] : []),
    ]),
  ].join("");
}

function fishWords(kind: Kind | undefined): string {
  if (kind === "container") return `--arguments ${fishText(`(${PROGRAM} ${CONTAINERS})`)}`;
  if (kind === "namespace") return `--arguments ${fishText(`(${PROGRAM} ${NAMESPACES})`)}`;
  if (kind === "file") return "--force-files";
  if (kind === "folder") return "--arguments '(__fish_complete_directories)'";
  return kind === undefined ? "" : `--arguments ${fishText(kind.join(" "))}`;
}

function fishText(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
