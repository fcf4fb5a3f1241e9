/**
 * All that a server inherits of the `start` that spawns it, and `start` of containerd. A spare compares what it has itself with what the
 * `start` that offers it a container has, which waits for the answer meanwhile: the kernel tells it of both. It is warm, and takes a
 * tenth of the time that `start` would.
 */
import { identify, readBytes, readLink, readText } from "../libc/kernel_files.ts";
import { ioPriority, statFields } from "../libc/process.ts";
import { DENO_VARIABLES, ownExecutable } from "../process/executable.ts";
import { givenOpenFiles } from "../process/open_files.ts";
import type { Settings } from "../settings/settings.ts";

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];
/** Lines of /proc/PID/status (proc(5)). Those of signals are not among them: they are set for each process that is spawned. */
const STATUS =
  /^(?:Umask|[UG]id|Groups|Cap\w+|NoNewPrivs|Seccomp\w*|Speculation\w+|Cpus_allowed|Mems_allowed):.*$/gm;
// The numbers of the fields that statFields() returns, see proc(5).
const NICE = 16, REALTIME_PRIORITY = 37, POLICY = 38;
/** Files of /proc/PID that a process may always read of itself, and not always another one (ptrace(2), proc(5)). */
const OWN_FILES = ["attr/current", "personality", "timerslack_ns"];
/** Those that the shell of the script form sets by itself, and those that `start` does not pass on. */
const OWN_VARIABLES = new Set(["PWD", "OLDPWD", ...DENO_VARIABLES]);

/** What a process tells of itself, as another one can't find it out, or not as simply. */
export interface Told {
  /** In the namespace {@linkcode Told.pidNamespace}. */
  readonly pid: number;
  readonly pidNamespace: string;
  readonly executable: string;
  readonly settings: Settings;
  /** The soft limit of open files that it was given, in digits: a server raises its own. */
  readonly openFiles: string;
  readonly ioPriority: number;
  readonly ownFiles: readonly string[];
}

/** What this process tells of itself. */
export function tell(settings: Settings): Told {
  return {
    pid: Deno.pid,
    pidNamespace: orNone(() => readLink("/proc/self/ns/pid")),
    executable: ownExecutable(),
    settings,
    openFiles: `${givenOpenFiles()}`,
    ioPriority: ioPriority(),
    ownFiles: OWN_FILES.map((name) => orNone(() => readText(`/proc/self/${name}`))),
  };
}

/** The cgroups of this process, as in proc(5). */
export function ownCgroups(): string {
  return cgroupsOf("/proc/self");
}

/**
 * Describes this process, or another one that lives. Where two have the same text, the servers that they start, or are, inherit the same:
 * the executable's version, settings, namespaces, root, cgroups, limits, credentials, scheduling, labels, and the environment as it was
 * given, byte for byte.
 * @param told What the process has told.
 * @param cgroups Those that it had when it began: it may have joined others, as its options asked for.
 * @throws {SystemError} If it has ended, or may not be looked at.
 */
export function inherited(told: Told, cgroups?: string): string {
  const folder = told.pid === Deno.pid ? "/proc/self" : `/proc/${told.pid}`;
  const read = (name: string) => orNone(() => readText(`${folder}/${name}`));
  const fields = statFields(told.pid) ?? [];
  return [
    versionOf(told.executable),
    versionOf(readLink(`${folder}/exe`)),
    JSON.stringify(told.settings),
    // Where it is another one, the pid is another process here.
    told.pidNamespace,
    ...NAMESPACES.map((name) => orNone(() => readLink(`${folder}/ns/${name}`))),
    orNone(() => readLink(`${folder}/root`)),
    cgroups ?? cgroupsOf(folder),
    read("limits").replace(/^(Max open files +)\S+ +/m, `$1${told.openFiles} `),
    ...read("status").match(STATUS) ?? [],
    ...[NICE, REALTIME_PRIORITY, POLICY].map((index) => fields[index]),
    told.ioPriority,
    ...told.ownFiles,
    read("coredump_filter"),
    ...environment(folder),
  ].join("\n");
}

function cgroupsOf(folder: string): string {
  return orNone(() => readText(`${folder}/cgroup`));
}

/** Names the version of a file: an upgrade puts another file in its place, or changes this one. (Deno's stat takes 0.5 ms at first.) */
function versionOf(path: string): string {
  const { id, size, modified } = identify(path) ?? {};
  return `${path} ${id} ${size} ${modified}`;
}

/** The variables that a process was executed with, sorted. Each byte is a character, as not all of it need be UTF-8. */
function environment(folder: string): string[] {
  const variables = new TextDecoder("latin1").decode(readBytes(`${folder}/environ`)).split("\0");
  return variables.filter((each) => !OWN_VARIABLES.has(each.split("=", 1)[0])).sort();
}

/** Some kernels don't have all of these files. */
function orNone(read: () => string): string {
  try {
    return read();
  } catch {
    return "none";
  }
}
