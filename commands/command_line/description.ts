/** The one description of the command line: what parses it, the help, the completions and the man page are all made from this. */

/** What a word of the command line is, for completions. */
export type Kind = "container" | "namespace" | "file" | "folder" | readonly string[];

/** An option, `--name` or `--name VALUE`. */
export interface Option {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What its value is called; a switch has none. */
  readonly value?: string;
  readonly kind?: Kind;
  readonly help: string;
}

/** A word behind the command. */
export interface Argument {
  readonly name: string;
  readonly kind: Kind;
  readonly isOptional: boolean;
  readonly help: string;
}

/** A command. */
export interface Command {
  readonly name: string;
  /** In one line, without a full stop. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly argument?: Argument;
  readonly options: readonly Option[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

/** The program's name. */
export const PROGRAM = "containerd-shim-ts-v2";

const HELP: Option = { name: "help", short: "h", help: "Tell what the command does." };
const JSON_OUTPUT: Option = {
  name: "json",
  help: "Print JSON, for programs; docs/operating.md has its fields.",
};
/** Where to look. */
const PLACE: readonly Option[] = [
  {
    name: "address",
    short: "a",
    value: "SOCKET",
    kind: "file",
    help: "Only what belongs to the containerd with this socket.",
  },
  {
    name: "state",
    value: "FOLDER",
    kind: "folder",
    help: "Only what belongs to the containerd with this state folder; it need not run.",
  },
  {
    name: "namespace",
    short: "n",
    value: "NAME",
    kind: "namespace",
    help: "Only this namespace of containerd's.",
  },
];

const container = (isOptional: boolean, help: string): Argument => ({
  name: "ID",
  kind: "container",
  isOptional,
  help,
});

/** The commands, in the order in which the help has them. */
export const COMMANDS: readonly Command[] = [
  {
    name: "ps",
    summary: "List shims with their containers and exec'd processes",
    description: [
      "Lists every shim of this runtime on the machine, and those of containerd's own runtime, marked (Go): found by their processes, and by the bundles in containerd's state folders. Each is asked for the state of its containers and their exec'd processes; one that does not answer within 2 seconds is listed as such.",
      "MEMORY is what the shim shares with no other process. A shim that waits is a spare: it serves the next container of its containerd.",
    ],
    options: [
      ...PLACE,
      JSON_OUTPUT,
      { name: "quiet", short: "q", help: "Print only the ids of containers." },
      HELP,
    ],
    examples: [
      ["ps", "all shims"],
      ["ps --namespace k8s.io --json", "those of Kubernetes, for a program"],
    ],
  },
  {
    name: "tree",
    summary: "Show the processes of shims and containers, and what each waits for",
    description: [
      "Shows shims with all that is below them, from PID 1 down: each container's init, its exec'd processes and their children, with cgroups and namespaces (the inodes of /proc/PID/ns) where they differ from those of the process above.",
      "Behind the command stands what the process waits for: a system call and the file that it is for, as the kernel tells it.",
    ],
    argument: container(true, "The container's id, or the beginning of it; all by default."),
    options: [...PLACE, JSON_OUTPUT, HELP],
    examples: [["tree web", "the container whose id is web, or begins so, and its shim"]],
  },
  {
    name: "inspect",
    summary: "Tell all of one container, and where those who know it differ",
    description: [
      "Tells what the shim knows of a container (State, Pids, Stats), its bundle, its mounts, its streams and which processes hold them, and what its OCI runtime says of it. Where these differ, the differences are named at the end.",
    ],
    argument: container(false, "The container's id, or the beginning of it."),
    options: [...PLACE, JSON_OUTPUT, HELP],
    examples: [["inspect web", "the container whose id is web, or begins so"]],
  },
  {
    name: "events",
    summary: "Show containerd's events as they come",
    description: [
      "Shows what containerd's event service tells, one line for each event, until it is interrupted or containerd ends. containerd keeps no events: what was before is not told.",
    ],
    argument: container(true, "Only events of containers whose ids begin so."),
    options: [
      ...PLACE,
      {
        name: "topic",
        short: "t",
        value: "TOPICS",
        kind: [
          "/tasks",
          "/tasks/create",
          "/tasks/start",
          "/tasks/exit",
          "/tasks/oom",
          "/tasks/delete",
          "/containers",
        ],
        help: "Only these topics, or what they begin with, with commas between them.",
      },
      {
        name: "follow",
        short: "f",
        help: "Go on with the next containerd when this one ends, as in an upgrade.",
      },
      { ...JSON_OUTPUT, help: "Print a line of JSON for each event." },
      HELP,
    ],
    examples: [
      [
        "events --follow --topic /tasks/exit,/tasks/oom",
        "ends of processes, over restarts of containerd",
      ],
      ["events web", "all of the container whose id begins with web"],
    ],
  },
  {
    name: "stats",
    summary: "Show what containers use of processors, memory and disks",
    description: [
      "Shows a table that is renewed each second, at a terminal; elsewhere, or with --once, it is printed once, after a second in which the use of processors was measured. CPU% is in percent of one processor. MEMORY leaves out pages of files that the kernel can drop at once.",
    ],
    argument: container(true, "The container's id, or the beginning of it; all by default."),
    options: [
      ...PLACE,
      { name: "once", short: "1", help: "Print the table once." },
      { ...JSON_OUTPUT, help: "Print JSON; without --once a line of it each second." },
      HELP,
    ],
    examples: [["stats --once", "what all containers use now"]],
  },
  {
    name: "doctor",
    summary: "Find what is wrong, and what mends it",
    description: [
      "Looks for shims that do not answer or have no container; containers without a shim; what is left of containers that are gone: bundles, mounts, sockets, runc's state, cgroups, FIFOs; frozen cgroups, processes that hang or were not reaped; shims of an older version; and settings of containerd that fight. For each it tells what it means, how sure it is (certain, likely, perhaps), and the command that mends it.",
      "With --fix it runs those commands that are certainly right, each after showing it. It never touches what a living shim or containerd knows, and where one of them does not answer, nothing that it may know.",
    ],
    options: [
      { name: "fix", help: "Mend what is certain." },
      JSON_OUTPUT,
      HELP,
    ],
    examples: [
      ["doctor", "only look"],
      ["doctor --fix", "look, and mend what is certain"],
    ],
  },
  {
    name: "completion",
    summary: "Print the completions for a shell",
    description: [
      "Prints a script by which a shell completes commands, options and the ids of containers.",
    ],
    argument: {
      name: "SHELL",
      kind: ["bash", "zsh", "fish"],
      isOptional: false,
      help: "bash, zsh or fish.",
    },
    options: [HELP],
    examples: [
      ["completion bash > /etc/bash_completion.d/containerd-shim-ts-v2", "for bash"],
      ["completion zsh > /usr/local/share/zsh/site-functions/_containerd-shim-ts-v2", "for zsh"],
      ["completion fish > /etc/fish/completions/containerd-shim-ts-v2.fish", "for fish"],
    ],
  },
];

/** The exit codes, of all commands. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, "Done; doctor has found nothing that is left to mend."],
  [1, "doctor has found something."],
  [2, "The command line is wrong."],
  [
    3,
    "It can't be done: there is no such container, or containerd does not answer, or it needs root.",
  ],
];

/** Variables of the environment that the commands heed. */
export const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["NO_COLOR", "No colours, also at a terminal."],
];
