/**
 * All that a server inherits of the `start` that spawns it, and `start` of containerd. A server that is offered a container compares what
 * it has itself with what the `start` at its door has, which waits for the answer meanwhile: the kernel tells it of both.
 */
import { identify, readBytes, readLink, readText, readTextIfThere } from "../libc/kernel_files.ts";
import { UNLIMITED } from "../libc/limits.ts";
import { ioPriority, statFields } from "../libc/process.ts";
import { DENO_VARIABLES, openFilesIn, ownExecutable } from "../process/executable.ts";
import { givenOpenFiles } from "../process/open_files.ts";
import type { Caller } from "./door.ts";

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
/** Lines of /proc/PID/status (proc(5)). Those of signals are not among them: they are set for each process that is spawned. */
const STATUS =
  /^(?:Umask|[UG]id|Groups|Cap\w+|NoNewPrivs|Seccomp\w*|Speculation\w+|Cpus_allowed|Mems_allowed):.*$/gm;
// The numbers of the fields that statFields() returns, see proc(5).
const NICE = 16, REALTIME_PRIORITY = 37, POLICY = 38;
/**
 * Files of /proc/PID. Not every server may read all of them of another process (proc(5)); then it has not the same as that one, and another
 * server is spawned.
 */
const FILES = ["attr/current", "personality", "timerslack_ns", "coredump_filter"];
/** Those that the shell of the script form sets by itself, and those that `start` does not pass on. */
const OWN_VARIABLES = new Set(["PWD", "OLDPWD", ...DENO_VARIABLES]);

/** The cgroups of this process, as in proc(5). */
export function ownCgroups(): string {
  return cgroupsOf("/proc/self");
}

/**
 * Describes this process. Where two have the same text, the servers that they start, or are, inherit the same: the executable's version,
 * namespaces, root, cgroups, limits, credentials, scheduling, labels, and the environment as it was given, byte for byte.
 * @param cgroups Those that it had when it began: it may have joined others, as its options asked for.
 */
export function inherited(cgroups = ownCgroups()): string {
  const openFiles = givenOpenFiles();
  return describe(
    { folder: "/proc/self", pid: Deno.pid, executable: ownExecutable() },
    { cgroups, openFiles: openFiles === UNLIMITED ? "unlimited" : `${openFiles}` },
  );
}

/**
 * Describes another process, which lives.
 * @throws {SystemError} If it has ended, or may not be looked at.
 * @throws {Error} If its pid is another one's here, as it is in another PID namespace.
 */
export function inheritedBy({ pid, executable, words }: Caller): string {
  const folder = `/proc/${pid}`;
  const line = readText(`${folder}/cmdline`);
  if (!line.endsWith(["", ...words, ""].join("\0"))) {
    throw new Error(`expected ${words.join(" ")} as arguments of the process ${pid}, not ${line}`);
  }
  return describe({ folder, pid, executable }, { cgroups: cgroupsOf(folder) });
}

/**
 * @param process The process, and its folder in /proc.
 * @param given What it was given, where it has something else by now.
 */
function describe(
  { folder, pid, executable }: { folder: string; pid: number; executable: string },
  given: { cgroups: string; openFiles?: string },
): string {
  const read = (name: string) => orNone(() => readTextIfThere(`${folder}/${name}`));
  const fields = statFields(pid) ?? [];
  const variables = readEnvironment(folder);
  const openFiles = given.openFiles ?? openFilesIn((name) => valueIn(variables, name)) ?? "$2";
  return [
    versionOf(executable),
    versionOf(readLink(`${folder}/exe`)),
    ...NAMESPACES.map((name) => orNone(() => readLink(`${folder}/ns/${name}`))),
    orNone(() => readLink(`${folder}/root`)),
    given.cgroups,
    read("limits").replace(/^(Max open files +)(\S+) +/m, `$1${openFiles} `),
    ...read("status").match(STATUS) ?? [],
    ...[NICE, REALTIME_PRIORITY, POLICY].map((index) => fields[index]),
    ioPriority(pid),
    ...FILES.map(read),
    ...variables.filter((each) => !OWN_VARIABLES.has(each.split("=", 1)[0])).sort(),
  ].join("\n");
}

/** Names the versions of the executables, which {@linkcode inherited} tells first. */
export function versionsIn(inherited: string): string {
  return inherited.split("\n", 2).join("\n");
}

function cgroupsOf(folder: string): string {
  return orNone(() => readTextIfThere(`${folder}/cgroup`));
}

/** Names the version of a file: an upgrade puts another file in its place, or changes this one. (Deno's stat takes 0.5 ms at first.) */
function versionOf(path: string): string {
  const { id, size, modified } = identify(path) ?? {};
  return `${path} ${id} ${size} ${modified}`;
}

/** The variables that another process was executed with. */
export function environmentOf({ pid }: Caller): (name: string) => string | undefined {
  const variables = readText(`/proc/${pid}/environ`).split("\0");
  return (name) => valueIn(variables, name);
}

/** Each byte is a character, as not all of it need be UTF-8. */
function readEnvironment(folder: string): string[] {
  return new TextDecoder("latin1").decode(readBytes(`${folder}/environ`)).split("\0");
}

function valueIn(variables: readonly string[], name: string): string | undefined {
  return variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Some kernels don't have all of these files. */
function orNone(read: () => string | undefined): string {
  try {
    return read() ?? "none";
  } catch {
    return "none";
  }
}
