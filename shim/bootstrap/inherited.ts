/** All that a server inherits of the `start` that spawns it, and `start` of containerd; and what both read when they begin. */
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
/** Those that the shell of the script form sets by itself, and those that `start` does not pass on. */
const OWN_VARIABLES = new Set(["PWD", "OLDPWD", ...DENO_VARIABLES]);

/** The cgroups of this process, as in proc(5). */
export function ownCgroups(): string {
  return self("cgroup");
}

/**
 * Describes this process. Where two have the same text, the servers that they start, or are, inherit the same: the executable's version,
 * settings, namespaces, root, cgroups, limits, credentials, scheduling, labels, and the environment as it was given, byte for byte.
 * @param cgroups Those that it had when it began: it may have joined others, as its options asked for.
 */
export function inherited(settings: Settings, cgroups = ownCgroups()): string {
  const fields = statFields(Deno.pid) ?? [];
  return [
    ...[ownExecutable(), Deno.execPath()].map(versionOf),
    JSON.stringify(settings),
    ...NAMESPACES.map((name) => orNone(() => readLink(`/proc/self/ns/${name}`))),
    orNone(() => readLink("/proc/self/root")),
    cgroups,
    // A server raises its own soft limit.
    self("limits").replace(/^(Max open files +)\S+ +/m, `$1${givenOpenFiles()} `),
    ...self("status").match(STATUS) ?? [],
    ...[NICE, REALTIME_PRIORITY, POLICY].map((index) => fields[index]),
    ioPriority(),
    ...["attr/current", "personality", "coredump_filter", "timerslack_ns"].map(self),
    ...environment(),
  ].join("\n");
}

function self(name: string): string {
  return orNone(() => readText(`/proc/self/${name}`));
}

/** Names the version of a file: an upgrade puts another file in its place, or changes this one. (Deno's stat takes 0.5 ms at first.) */
function versionOf(path: string): string {
  const { id, size, modified } = identify(path) ?? {};
  return `${path} ${id} ${size} ${modified}`;
}

/** The variables that this process was executed with, sorted. Each byte is a character, as not all of it need be UTF-8. */
function environment(): string[] {
  const variables = new TextDecoder("latin1").decode(readBytes("/proc/self/environ")).split("\0");
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
