/** The OCI runtime's command line, one method for each command. */
import { join } from "@std/path/posix";
import type { CheckpointOptions } from "../proto/mod.ts";
// Not by shim/mod.ts, here and in what this imports: see clean_up.ts.
import { exists, removeIfThere } from "../shim/common/files.ts";
import { Errno, killIfThere, SIGKILL, SystemError, unmountAll } from "../shim/libc/mod.ts";
import { orWarn } from "../shim/common/logger.ts";
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

/** A command of the runtime that failed, in its own words where it left any. */
export class RuncError extends Error {
  override name = "RuncError";
}

/** A command that was killed, since nobody waits for it any more or by somebody else: what it has done by then is not known. */
class RuncKilledError extends RuncError {
  override name = "RuncKilledError";
}

/** Whether an error, or the one behind it, is that of a command that was killed. */
export function wasKilled(error: unknown): boolean {
  if (error instanceof RuncKilledError) return true;
  return error instanceof Error && wasKilled(error.cause);
}

/** The commands that leave a process behind: that of a container, or one of its hooks'. See shim/process/spawn.ts. */
const LEAVE_PROCESSES: readonly string[] = ["create", "restore", "start", "exec", "delete"];

/** How much is told of a message. */
const TOLD_CHARACTERS = 8192;

/** Makes the logs of commands that run side by side distinct. */
let killLogs = 0;

/** Runs runc, or what has the same command line. */
export class Runc {
  /** @param signal See {@linkcode Runc.within}. */
  constructor(
    private readonly spawner: Spawner,
    readonly runtime: ContainerRuntime,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The same runtime, whose commands are killed when `signal` aborts: one that hangs must keep nobody from the container for longer
   * than somebody waits for it.
   */
  within(signal: AbortSignal): Runc {
    return new Runc(this.spawner, this.runtime, signal);
  }

  /** Creates a container with its init, which waits for {@linkcode start}; writes init's pid to `pidFile`. */
  create(
    id: string,
    options: { pidFile: string; noPivotRoot: boolean; noNewKeyring: boolean },
    stdio: Stdio,
  ): Promise<void> {
    const args = ["create", "--bundle", this.runtime.bundle, "--pid-file", options.pidFile];
    if (options.noPivotRoot) args.push("--no-pivot");
    if (options.noNewKeyring) args.push("--no-new-keyring");
    return this.#run([...args, ...consoleSocket(stdio), id], { stdio });
  }

  /** Lets the init of a created container go. */
  start(id: string): Promise<void> {
    return this.#run(["start", id]);
  }

  /**
   * Starts a further process, as the OCI process in the file `process` says, and writes its pid to `pidFile`.
   * @param files `log` is the runtime's own.
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

  /** Whether the runtime has a container of this id. */
  knows(id: string): boolean {
    return isKnown(this.runtime, id);
  }

  /**
   * Whether the init of a created container waits for {@linkcode start} by runc's and crun's way: at this FIFO, which they remove when
   * they have let it go.
   */
  holdsInit(id: string): boolean {
    return exists(join(this.runtime.root, id, "exec.fifo"));
  }

  /** Sends a signal to every process of a container. */
  async killAll(id: string, signo: number): Promise<void> {
    // It is the only command of a container that runs beside others but execs, which have logs of their own: no exec id begins so.
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

  /** Lets them go on. */
  resume(id: string): Promise<void> {
    return this.#run(["resume", id]);
  }

  /** Makes a checkpoint of a container, which with the option `exit` ends by it: then the runtime does not know it any more. */
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
   * Makes a container from a checkpoint, with its init, which goes on at once; writes init's pid to `pidFile`. It was asked at the
   * checkpoint whether connections and locks may be in it: what is in it is restored.
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

  /** Removes what the runtime has of a container: its state and cgroups; with `force` its processes as well. */
  async delete(id: string, force = false): Promise<void> {
    if (force) await this.#unmountState(id);
    await this.#run(["delete", ...(force ? ["--force"] : []), id]);
  }

  /**
   * Unmounts what a command that was killed has mounted in its state: a restore the root file system (criu-root), of which runc would
   * remove all files with its own; a create or exec its own program (runc.*), with which the folder can't be removed.
   */
  async #unmountState(id: string): Promise<void> {
    const state = join(this.runtime.root, id);
    for (const name of this.knows(id) ? Deno.readDirSync(state).map(({ name }) => name) : []) {
      await unmountAll(join(state, name));
    }
  }

  /**
   * Runs one command to its end.
   * @param stdio Of the process that the command leaves behind.
   * @throws {RuncError} In the command's own words: the last error in its log, or else what it said on its standard error.
   */
  async #run(
    command: readonly string[],
    { stdio, log = join(this.runtime.bundle, "log.json") }: { stdio?: Stdio; log?: string } = {},
  ): Promise<void> {
    this.signal?.throwIfAborted();
    const { binary, root, systemdCgroup, bundle } = this.runtime;
    const logged = prepareLog(log);
    const args = ["--root", root, "--log", log, "--log-format", "json"];
    if (systemdCgroup) args.push("--systemd-cgroup");
    // Without a terminal the process has the streams that the command has.
    const hasOwnStreams = stdio !== undefined && stdio.consoleSocket === undefined;
    using errors = hasOwnStreams ? undefined : new StandardError();
    const streams = errors === undefined ? stdio?.streams : { stderr: errors.descriptor };
    const name = command[0];
    let child: Child;
    try {
      // As Go's shim, whose current directory is the bundle: a runtime's hooks may look for files there.
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
    // What it has begun to make nobody else would know of. But criu lets go the processes of which it makes a checkpoint, and ends.
    const kill = () => command === "checkpoint" ? killIfThere(pid, SIGKILL) : killTree(pid);
    this.signal?.addEventListener("abort", kill);
    try {
      return await status;
    } finally {
      this.signal?.removeEventListener("abort", kill);
    }
  }
}

function consoleSocket({ consoleSocket }: Stdio): string[] {
  return consoleSocket === undefined ? [] : ["--console-socket", consoleSocket];
}

/** docker tells its user by these words, which are Go's, that the runtime was not found. */
function describeSpawnError(binary: string, error: Error): string {
  const isMissing = error instanceof Deno.errors.NotFound ||
    error instanceof SystemError && error.errno === Errno.ENOENT;
  if (!isMissing) return `exec: "${binary}": ${error.message}`;
  const where = binary.includes("/")
    ? "no such file or directory"
    : "executable file not found in $PATH";
  return `exec: "${binary}": ${where}`;
}

/** An answer may have no more than 4 MiB, and nobody reads so much: the beginning and the end tell most. */
function shorten(message: string): string {
  if (message.length <= TOLD_CHARACTERS) return message;
  const half = TOLD_CHARACTERS / 2;
  return `${message.slice(0, half)} ... ${message.slice(-half)}`;
}
