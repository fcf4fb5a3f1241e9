/** The OCI runtime's command line, one method for each command. */
import { basename, join } from "@std/path/posix";
import type { CheckpointOptions } from "../proto/mod.ts";
// The action `delete` loads this, too: so it imports file by file, and not shim/mod.ts; see delete/clean_up.ts.
import { exists, removeIfThere } from "../shim/common/files.ts";
import { Errno, killIfThere, SIGKILL, SystemError, unmountAll } from "../shim/libc/mod.ts";
import { orWarn } from "../shim/common/logger.ts";
import { inSpan } from "../shim/common/spans.ts";
import { DescriptorReserve } from "../shim/process/descriptor_reserve.ts";
import type { Child, ChildStatus, Spawner } from "../shim/process/spawn.ts";
import { StandardError } from "../shim/process/standard_error.ts";
import type { Stdio } from "../shim/stdio/stdio.ts";
import { killTree } from "./process_tree.ts";
import { prepareLog, readLastError } from "./runc_log.ts";
import { isKnown, type Runtime } from "./bundle/mod.ts";

/** The OCI runtime of one container. */
export interface ContainerRuntime extends Runtime {
  /** The container's bundle, which is the runtime's current directory, and has its log. */
  readonly bundle: string;
}

/** The failure of a command of the runtime, in the command's own words if it left any. */
export class RuncError extends Error {
  override name = "RuncError";
}

/** The failure of a command that was killed, by the shim at its deadline or by somebody else: it is not known what it has done. */
class RuncKilledError extends RuncError {
  override name = "RuncKilledError";
}

/** Whether an error, or the cause of it, is that a command was killed. */
export function wasKilled(error: unknown): boolean {
  if (error instanceof RuncKilledError) return true;
  return error instanceof Error && wasKilled(error.cause);
}

/** The commands that leave a process behind: one of the container, or one that a hook has started. See shim/process/spawn.ts. */
const LEAVE_PROCESSES: readonly string[] = ["create", "restore", "start", "exec", "delete"];

/** The streams of the process that a command leaves behind. */
type GivenStreams = Pick<Stdio, "streams" | "consoleSocket" | "releaseProcessSide">;

const NO_STREAMS: GivenStreams = {
  streams: { stdin: "null", stdout: "null", stderr: "null" },
  consoleSocket: undefined,
  releaseProcessSide() {},
};

/** To take over the process that a command has made, or to remove it by another command. */
const DESCRIPTORS_TO_REMOVE = 12;

/** The longest message of an error. */
const TOLD_CHARACTERS = 8192;

/** How many `kill` commands have been run: each has a log of its own, as they run side by side. */
let killLogs = 0;

/** Runs runc, or another OCI runtime with the same command line. */
export class Runc {
  /** @param signal Kills the commands when it aborts, see {@linkcode Runc.within}. */
  constructor(
    private readonly spawner: Spawner,
    readonly runtime: ContainerRuntime,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The same runtime, whose commands are killed when `signal` aborts: a command that hangs must not block a container for longer than
   * its client waits.
   */
  within(signal: AbortSignal): Runc {
    return new Runc(this.spawner, this.runtime, signal);
  }

  /** Creates a container whose init waits for {@linkcode start}; the runtime writes init's pid to `pidFile`. */
  create(
    id: string,
    options: { pidFile: string; noPivotRoot: boolean; noNewKeyring: boolean },
    stdio: GivenStreams,
  ): Promise<void> {
    const args = ["create", "--bundle", this.runtime.bundle, "--pid-file", options.pidFile];
    if (options.noPivotRoot) args.push("--no-pivot");
    if (options.noNewKeyring) args.push("--no-new-keyring");
    return this.#run([...args, ...consoleSocket(stdio), id], { stdio });
  }

  /**
   * Creates a container without streams, and starts it; the runtime writes init's pid to `pidFile`. It is not the command `run`, by which
   * crun leaves init to a process that goes on for a moment: init would not be the shim's child yet.
   */
  async run(
    id: string,
    options: { pidFile: string; noPivotRoot: boolean; noNewKeyring: boolean },
  ): Promise<void> {
    await this.create(id, options, NO_STREAMS);
    await this.start(id);
  }

  /** Starts the init of a created container. */
  start(id: string): Promise<void> {
    return this.#run(["start", id]);
  }

  /**
   * Starts a further process in a container.
   * @param files `process` holds the OCI process as JSON; to `pidFile` the runtime writes the pid, and to `log` its own messages.
   */
  exec(
    id: string,
    files: { process: string; pidFile: string; log: string },
    stdio: Stdio,
  ): Promise<void> {
    const { process, pidFile, log } = files;
    const args = ["exec", "--process", process, "--detach", "--pid-file", pidFile];
    return this.#run([...args, ...consoleSocket(stdio), id], { stdio, log });
  }

  /** Whether the runtime has a container of this id, be it one that it has not finished. */
  knows(id: string): boolean {
    return isKnown(this.runtime, id);
  }

  /**
   * Whether the init of a created container waits at a FIFO for {@linkcode start}: runc and crun have one, and remove it when init has
   * been started.
   */
  holdsInit(id: string): boolean {
    return exists(join(this.runtime.root, id, "exec.fifo"));
  }

  /** Sends a signal to every process of a container. */
  async killAll(id: string, signo: number): Promise<void> {
    // This command runs beside others of the container, and so has a log of its own. No exec id begins with a dot.
    const log = join(this.runtime.bundle, `.kill-${++killLogs}.log.json`);
    try {
      await this.#run(["kill", "--all", id, `${signo}`], { log });
    } finally {
      await orWarn(console, `remove ${log}`, () => removeIfThere(log));
    }
  }

  /** Freezes all processes of a container. */
  pause(id: string): Promise<void> {
    return this.#run(["pause", id]);
  }

  /** Lets the processes of a paused container go on. */
  resume(id: string): Promise<void> {
    return this.#run(["resume", id]);
  }

  /** Makes a checkpoint of a container. With the option `exit` the container ends, and the runtime does not know it any more. */
  checkpoint(id: string, options: CheckpointOptions): Promise<void> {
    const args = ["checkpoint", "--image-path", options.imagePath, "--work-path", options.workPath];
    if (!options.exit) args.push("--leave-running");
    if (options.openTcp) args.push("--tcp-established");
    if (options.externalUnixSockets) args.push("--ext-unix-sk");
    if (options.terminal) args.push("--shell-job");
    if (options.fileLocks) args.push("--file-locks");
    for (const namespace of options.emptyNamespaces) args.push("--empty-ns", namespace);
    if (options.cgroupsMode) args.push("--manage-cgroups-mode", options.cgroupsMode);
    if (options.parentPath) args.push("--parent-path", options.parentPath);
    return this.#run([...args, id]);
  }

  /**
   * Makes a container from a checkpoint, whose init runs at once; the runtime writes init's pid to `pidFile`. Whatever connections and
   * locks are in the checkpoint are restored: its own options have said whether they may be.
   */
  restore(
    id: string,
    options: { imagePath: string; workPath: string; pidFile: string; noPivotRoot: boolean },
    stdio: Stdio,
  ): Promise<void> {
    const { imagePath, workPath, pidFile, noPivotRoot } = options;
    const args = ["restore", "--detach", "--no-subreaper", "--bundle", this.runtime.bundle];
    args.push("--pid-file", pidFile, "--image-path", imagePath, "--work-path", workPath);
    args.push("--tcp-established", "--ext-unix-sk", "--file-locks");
    if (noPivotRoot) args.push("--no-pivot");
    return this.#run([...args, ...consoleSocket(stdio), id], { stdio });
  }

  /** Changes the limits of a container to those in a file of OCI LinuxResources. */
  update(id: string, resources: string): Promise<void> {
    return this.#run(["update", "--resources", resources, id]);
  }

  /** Removes the runtime's state and the cgroups of a container; with `force` its processes are killed first. */
  async delete(id: string, force = false): Promise<void> {
    if (force) await this.#unmountState(id);
    await this.#run(["delete", ...(force ? ["--force"] : []), id]);
  }

  /**
   * Unmounts what a killed command of runc has mounted in the container's state. A restore mounts the root file system (criu-root), all
   * files of which runc would remove with its state; a create or an exec mounts runc's own program (runc.*), which keeps the folder
   * from being removed.
   */
  async #unmountState(id: string): Promise<void> {
    const state = join(this.runtime.root, id);
    for (const name of this.knows(id) ? Deno.readDirSync(state).map(({ name }) => name) : []) {
      await unmountAll(join(state, name));
    }
  }

  /**
   * Runs one command to its end.
   * @param stdio The streams of the process that the command leaves behind.
   * @throws {RuncError} If the command fails, in its own words: the last error in its log, or else its standard error.
   */
  #run(
    command: readonly string[],
    options: { stdio?: GivenStreams; log?: string } = {},
  ): Promise<void> {
    const { binary } = this.runtime;
    const attributes = { "process.executable.path": binary };
    return inSpan(`${basename(binary)} ${command[0]}`, { attributes, isCall: true }, () => {
      return this.#execute(command, options);
    });
  }

  async #execute(
    command: readonly string[],
    { stdio, log = join(this.runtime.bundle, "log.json") }: { stdio?: GivenStreams; log?: string },
  ): Promise<void> {
    this.signal?.throwIfAborted();
    const { binary, root, systemdCgroup, bundle } = this.runtime;
    const logged = prepareLog(log);
    const args = ["--root", root, "--log", log, "--log-format", "json"];
    if (systemdCgroup) args.push("--systemd-cgroup");
    // Without a terminal the process inherits the streams of the command, so that the command has no standard error of its own.
    const hasOwnStreams = stdio !== undefined && stdio.consoleSocket === undefined;
    using errors = hasOwnStreams ? undefined : new StandardError();
    const streams = errors === undefined ? stdio?.streams : { stderr: errors.descriptor };
    // What the command makes must be found, and be removed where the rest fails, though others take the last descriptors meanwhile.
    using _reserve = stdio && new DescriptorReserve(DESCRIPTORS_TO_REMOVE);
    const name = command[0];
    let child: Child;
    try {
      // Hooks may look for files in the bundle: it is the current directory of Go's shim.
      const options = { directory: bundle, args: [...args, ...command], ...streams };
      child = LEAVE_PROCESSES.includes(name)
        ? this.spawner.spawnExactly(binary, options)
        : this.spawner.spawn(binary, options);
    } catch (error) {
      throw new RuncError(describeSpawnError(binary, error as Error));
    }
    stdio?.releaseProcessSide();
    const { success, code, signal: killer } = await this.#end(child, name);
    if (success) return;
    if (this.signal?.aborted && killer !== null) {
      throw new RuncKilledError(`${binary} ${name} was killed: ${this.signal.reason.message}`);
    }
    const said = readLastError(log, logged) ?? errors?.text;
    const end = killer === null ? `exit status ${code}` : `signal ${killer}`;
    const Failure = killer === null ? RuncError : RuncKilledError;
    throw new Failure(shorten(said || `${binary} ${name} ended with ${end} and logged no error`));
  }

  async #end({ pid, status }: Child, command: string): Promise<ChildStatus> {
    // Killed alone, the command would leave processes that nobody knows of. But criu, when its parent is gone, resumes the processes
    // that it was to checkpoint, and ends by itself.
    const kill = () => command === "checkpoint" ? killIfThere(pid, SIGKILL) : killTree(pid);
    this.signal?.addEventListener("abort", kill);
    try {
      return await status;
    } finally {
      this.signal?.removeEventListener("abort", kill);
    }
  }
}

function consoleSocket({ consoleSocket }: GivenStreams): string[] {
  return consoleSocket === undefined ? [] : ["--console-socket", consoleSocket];
}

/** The words are those of Go's os/exec, by which docker recognises that the runtime was not found. */
function describeSpawnError(binary: string, error: Error): string {
  const isMissing = error instanceof Deno.errors.NotFound ||
    error instanceof SystemError && error.errno === Errno.ENOENT;
  if (!isMissing) return `exec: "${binary}": ${error.message}`;
  const where = binary.includes("/")
    ? "no such file or directory"
    : "executable file not found in $PATH";
  return `exec: "${binary}": ${where}`;
}

/** Shortens a message to its beginning and its end: an answer of ttrpc holds 4 MiB at most, and nobody reads that much. */
function shorten(message: string): string {
  if (message.length <= TOLD_CHARACTERS) return message;
  const half = TOLD_CHARACTERS / 2;
  return `${message.slice(0, half)} ... ${message.slice(-half)}`;
}
