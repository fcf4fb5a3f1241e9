/** The shims that run: the servers of this program and of every other of the name `containerd-shim-NAME-VERSION`. */
import { dirname } from "@std/path/posix";
import { identify } from "../../shim/libc/mod.ts";
import { readAddress } from "./bundles.ts";
import { realPath } from "./paths.ts";
import { descriptorsOf, isCopyOf, linkOf, type Process, textOf } from "./processes.ts";

/** A server of containers, or one that waits to become one. */
export interface ShimProcess {
  readonly process: Process;
  /** From the program's name: `ts-v2`, `runc-v2` (Go's), … */
  readonly runtime: string;
  /** Whether it is containerd's own: ours, which may have its name, has an action in its command line. */
  readonly isGos: boolean;
  readonly namespace: string;
  /** The id of the container that it was started for: of a pod, the sandbox's. Empty for a spare. */
  readonly id: string;
  /** The path of containerd's socket. */
  readonly address: string;
  /** The bundle that it was started for; it may be gone. */
  readonly bundle: string;
  /** The paths of its sockets, of which it may have one for each shim that it is; none where that can't be found out. */
  readonly sockets: readonly string[];
  /** A server of ours that waits for the next `start` of its containerd: docs/architecture.md, "The spare". */
  readonly isSpare: boolean;
  /** Whether its paths lead elsewhere, as in a container: what it has for a socket can't be reached from here. */
  readonly isElsewhere: boolean;
}

/** The program's path is the end of an argument: the script form's is behind Deno and its flags, in a URL's fragment. */
const PROGRAM = /(?:^|[/#])containerd-shim-([^/#]+)$/;

/** The actions that are no servers. */
const SHORT_ACTIONS = ["start", "delete"];

/** The shims among processes. */
export function findShims(processes: Iterable<Process>): ShimProcess[] {
  const listening = new Listening();
  const found = [...processes].map((process) => toShim(process, listening))
    .filter((shim) => shim !== undefined);
  return found.filter(({ process }) => !found.some((other) => isCopyOf(process, other.process)));
}

/** How a runtime is called for people: whose it is, where one may take it for ours. */
export function runtimeName(runtime: string): string {
  return runtime.startsWith("runc-") ? `${runtime} (Go)` : runtime;
}

function toShim(process: Process, listening: Listening): ShimProcess | undefined {
  const { pid, command } = process;
  const at = command.findIndex((word) => PROGRAM.test(word));
  if (at === -1 || process.state === "Z") return undefined;
  const { flags, action } = parse(command.slice(at + 1));
  const isSpare = action === "spare";
  if (SHORT_ACTIONS.includes(action) || !flags.has("address")) return undefined;
  if (!isSpare && !(flags.has("namespace") && flags.has("id"))) return undefined;
  const bundle = flags.get("bundle") ?? linkOf(`/proc/${pid}/cwd`) ?? "";
  const named = flags.get("socket") ?? (isSpare ? undefined : readAddress(bundle)?.path);
  const sockets = new Set([...(named ? [named] : []), ...listening.pathsOf(pid)].map(realPath));
  const [, runtime] = PROGRAM.exec(command[at])!;
  return {
    process,
    runtime,
    isGos: /^runc-v\d$/.test(runtime) && action === "",
    namespace: flags.get("namespace") ?? "",
    id: flags.get("id") ?? "",
    address: flags.get("address")!,
    bundle: isSpare ? "" : bundle,
    sockets: [...sockets],
    isSpare,
    isElsewhere: isElsewhere(pid, named ?? flags.get("address")!),
  };
}

/** Flags as Go's package flag has them, each with a value but for `-debug`, and the action behind them. */
function parse(words: readonly string[]): { flags: Map<string, string>; action: string } {
  const flags = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const match = /^--?([^=]+)(?:=([^]*))?$/.exec(words[index]);
    if (match === null) return { flags, action: words[index] };
    const [, name, value] = match;
    if (name !== "debug") flags.set(name, value ?? words[++index] ?? "");
  }
  return { flags, action: "" };
}

/** Whether the folder around a path is another one for a process than it is here. */
function isElsewhere(pid: number, path: string): boolean {
  if (linkOf(`/proc/${pid}/ns/mnt`) === linkOf("/proc/self/ns/mnt")) return false;
  // containerd.service may have a mount namespace of its own, in which all is where it is here.
  return identify(`/proc/${pid}/root${dirname(path)}`)?.id !== identify(dirname(path))?.id;
}

/** The unix sockets that are listened on, by the inode by which descriptors name them. */
class Listening {
  #paths: Map<string, string> | undefined;

  /** The paths of the sockets that a process listens on. */
  pathsOf(pid: number): string[] {
    const paths = this.#paths ??= readListening();
    return [...descriptorsOf(pid).values()].map((target) => paths.get(target))
      .filter((path) => path !== undefined);
  }
}

/** __SO_ACCEPTCON, by which /proc/net/unix marks what is listened on. */
const ACCEPTS = 0x1_0000;

function readListening(): Map<string, string> {
  const lines = (textOf("/proc/self/net/unix") ?? "").split("\n").slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Map(
    fields.filter(([, , , flags, , , , path]) => path && Number(`0x${flags}`) & ACCEPTS)
      .map(([, , , , , , inode, path]) => [`socket:[${inode}]`, path]),
  );
}
