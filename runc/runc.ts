/** The OCI runtime's command line, one method for each command. */
import { join } from "@std/path/posix";
import type { CheckpointOptions } from "../proto/mod.ts";
import { killIfThere, SIGKILL, type Spawn, type Stdio, unmountAll } from "../shim/mod.ts";
import type { Runtime } from "./runtime.ts";

/** How the commands for one container are run. */
export interface RuncOptions extends Runtime {
  /** The bundle, where it logs. */
  readonly bundle: string;
}

/** A command of the runtime that failed, in its own words where it left any. */
export class RuncError extends Error {
  override name = "RuncError";
}

/** Runs runc, or what has the same command line. */
export class Runc {
  /** @param limit See {@linkcode Runc.within}. */
  constructor(
    private readonly spawn: Spawn,
    readonly options: RuncOptions,
    private readonly limit?: AbortSignal,
  ) {}

  /**
   * The same runtime, whose commands are killed when `limit` aborts: one that hangs must keep nobody from the container for longer
   * than somebody waits for it.
   */
  within(limit: AbortSignal): Runc {
    return new Runc(this.spawn, this.options, limit);
  }

  /** Creates a container with its init, which waits for {@linkcode start}; writes init's pid to `pidFile`. */
  create(
    id: string,
    options: { pidFile: string; noPivotRoot: boolean; noNewKeyring: boolean },
    stdio: Stdio,
  ): Promise<void> {
    const args = ["create", "--bundle", this.options.bundle, "--pid-file", options.pidFile];
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
    try {
      return Deno.statSync(join(this.options.root, id)).isDirectory;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Sends a signal to every process of a container. */
  killAll(id: string, signal: number): Promise<void> {
    return this.#run(["kill", "--all", id, `${signal}`]);
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
    const args = ["restore", "--detach", "--no-subreaper", "--bundle", this.options.bundle];
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
    // runc removes the folder of its state with all that is below: a restore that was killed has left the root file system there.
    if (force) await unmountAll(join(this.options.root, id, "criu-root"));
    await this.#run(["delete", ...(force ? ["--force"] : []), id]);
  }

  /**
   * Runs one command to its end.
   * @param stdio Of the process that the command leaves behind.
   * @throws {RuncError}
   */
  async #run(
    command: readonly string[],
    { stdio, log = join(this.options.bundle, "log.json") }: { stdio?: Stdio; log?: string } = {},
  ): Promise<void> {
    this.limit?.throwIfAborted();
    const { binary, root, systemdCgroup } = this.options;
    const logged = fileSize(log);
    const args = ["--root", root, "--log", log, "--log-format", "json"];
    if (systemdCgroup) args.push("--systemd-cgroup");
    let child: Deno.ChildProcess;
    try {
      child = this.spawn(binary, { args: [...args, ...command], ...stdio?.streams });
    } catch (error) {
      throw new RuncError(describeSpawnError(binary, error as Error));
    }
    stdio?.releaseProcessSide();
    const { success, code, signal } = await this.#end(child);
    if (success) return;
    const end = signal === null ? `exit status ${code}` : `signal ${signal}`;
    throw new RuncError(
      lastError(log, logged) ?? `${binary} ${command[0]} ended with ${end} and logged no error`,
    );
  }

  async #end(child: Deno.ChildProcess): Promise<Deno.CommandStatus> {
    const kill = () => killIfThere(child.pid, SIGKILL);
    this.limit?.addEventListener("abort", kill);
    try {
      return await child.status;
    } finally {
      this.limit?.removeEventListener("abort", kill);
    }
  }
}

function consoleSocket({ consoleSocket }: Stdio): string[] {
  return consoleSocket === undefined ? [] : ["--console-socket", consoleSocket];
}

/** docker tells its user by these words, which are Go's, that the runtime was not found. */
function describeSpawnError(binary: string, error: Error): string {
  if (!(error instanceof Deno.errors.NotFound)) return `exec: "${binary}": ${error.message}`;
  const where = binary.includes("/")
    ? "no such file or directory"
    : "executable file not found in $PATH";
  return `exec: "${binary}": ${where}`;
}

function fileSize(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** The end of a line that ends an object: crun, where it is built with json-c (from 1.22 on), puts one on several lines. */
const ENTRY_END = /\n(?! {2}"|\}$)/m;

/** The last error in a log of JSON objects, from the byte `offset` on. */
function lastError(path: string, offset: number): string | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(Deno.readFileSync(path).subarray(offset));
  } catch {
    return undefined;
  }
  const entries = text.split(ENTRY_END);
  for (const entry of entries.reverse()) {
    try {
      const { level, msg } = JSON.parse(entry);
      if (level === "error") return String(msg).trim();
    } catch {
      // Not every runtime logs JSON alone.
    }
  }
  return undefined;
}
