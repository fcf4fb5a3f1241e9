/** A container that is a process of the host. */
import { keepExit } from "../bootstrap/keep_exit.ts";
import { orWarn } from "../common/mod.ts";
import {
  close,
  Errno,
  kill,
  killIfThere,
  pipe,
  SIGKILL,
  spawnProgram,
  SystemError,
  write,
} from "../libc/mod.ts";
import { type Exit, givenOpenFiles } from "../process/mod.ts";
import type { Shim } from "../server/mod.ts";
import { type Owner, Pipes, type StdioPaths } from "../stdio/mod.ts";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";
import { keepProcess } from "./kept_process.ts";
import { Readiness } from "./readiness.ts";

const NEWLINE = new TextEncoder().encode("\n");

/** The process of a container, as it is to be made. */
export interface HostCommand {
  /** The container's id. */
  readonly id: string;
  readonly bundle: string;
  /** Where its standard streams lead; it can't have a terminal. */
  readonly paths: StdioPaths;
  /** The owner of its standard streams; by default root. */
  readonly owner?: Owner;
  /** The program's path, or a name without a slash, which is looked for on the PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment; by default the shim's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its current directory; by default the shim's, `/`. */
  readonly directory?: string;
  /**
   * Whether it says when it is ready, and {@linkcode HostProcess.create} waits for that: it writes a newline to its descriptor 4 then, or
   * a line that tells why it can't be.
   */
  readonly saysReady?: boolean;
  /** Called with its pid before it is waited for; what it throws is an error of {@linkcode HostProcess.create}. */
  readonly onSpawned?: (pid: number) => void;
}

/**
 * A process of the host with a container's standard streams, in a session and a process group of its own. It is made at Create, so that
 * there is a pid to answer, and its program has to wait for {@linkcode start}: then it reads a newline from its descriptor 3, or the
 * end of file if the shim has gone. In a shell that is `read -r _ <&3`.
 *
 * When it ends, all of its process group is killed. The action `delete` finds it by a file in the bundle.
 */
export class HostProcess {
  /** Resolves when the process has ended and its client has had time to read the output. */
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  /** The writing end of the pipe at which the process waits; undefined once it has been started. */
  #gate: number | undefined;

  private constructor(
    private readonly shim: Shim,
    private readonly host: Pick<HostCommand, "id" | "bundle">,
    private readonly stdio: Pipes,
    readonly pid: number,
    gate: number,
    reaped: Promise<Exit>,
  ) {
    this.#gate = gate;
    this.exited = reaped.then((exit) => this.#end(exit));
    shim.awaitBeforeEnd(this.exited);
  }

  /**
   * Makes the process.
   * @throws {StatusError} INVALID_ARGUMENT if a stream can't be opened, UNIMPLEMENTED for a terminal, FAILED_PRECONDITION if the program
   * says that it can't be ready. Nothing is left then.
   * @throws {SystemError} If the command can't be executed. Nothing is left then, either.
   */
  static async create(shim: Shim, given: HostCommand): Promise<HostProcess> {
    const { id, bundle, paths, command, args, env, directory, saysReady, onSpawned } = given;
    if (paths.terminal) {
      const message = `the container ${id} can't have a terminal: this shim has none`;
      throw new StatusError(StatusCode.UNIMPLEMENTED, message);
    }
    const stdio = new Pipes(shim, paths, given.owner ?? { uid: 0, gid: 0 });
    await stdio.open(id);
    const gate = pipe();
    let made: HostProcess | undefined;
    try {
      using readiness = saysReady ? new Readiness(shim.reactor) : undefined;
      using expectation = shim.reaper.expect();
      const streams = [stdio.streams.stdin, stdio.streams.stdout, stdio.streams.stderr];
      const pid = spawnProgram(command, {
        ...{ args, env, directory },
        descriptors: [
          ...streams.map((stream) => stream === "null" ? null : stream),
          gate.read,
          ...readiness === undefined ? [] : [readiness.descriptor],
        ],
        newSession: true,
        openFiles: givenOpenFiles(),
      });
      stdio.releaseProcessSide();
      stdio.start();
      made = new HostProcess(shim, given, stdio, pid, gate.write, expectation.claim(pid));
      await orWarn(shim.logger, `keep the process of ${id}`, () => keepProcess(bundle, pid));
      onSpawned?.(pid);
      readiness?.release();
      await made.#expectReady(await readiness?.said());
      return made;
    } catch (error) {
      if (made === undefined) close(gate.write);
      else await made.#giveUp();
      await orWarn(shim.logger, `close the streams of ${id}`, () => stdio.close());
      throw error;
    } finally {
      close(gate.read);
    }
  }

  /** How the process ended, once it has. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Lets the program begin its work; a second call does nothing. */
  start(): void {
    const gate = this.#gate;
    if (gate === undefined) return;
    this.#gate = undefined;
    try {
      write(gate, NEWLINE);
    } catch (error) {
      // The process has ended meanwhile, or has closed its end of the pipe.
      if (!(error instanceof SystemError && error.errno === Errno.EPIPE)) throw error;
    } finally {
      close(gate);
    }
  }

  /**
   * Sends a signal to the process, or with `all` to its process group.
   * @throws {StatusError} NOT_FOUND if it has ended.
   */
  kill(signal: number, all: boolean): void {
    if (this.#exit !== undefined) {
      throw new StatusError(StatusCode.NOT_FOUND, "process already finished");
    }
    kill(all ? -this.pid : this.pid, signal);
  }

  /** Lets its input end as soon as no client has its FIFO open any more. */
  closeStdin(): void {
    this.stdio.closeStdin();
  }

  /** For Delete: waits, with a bound, until all output has been carried, and closes the streams. */
  async delete(): Promise<void> {
    await this.stdio.end();
  }

  async #expectReady(said = "\n"): Promise<void> {
    if (said === "\n") return;
    const ended = async () => `its process ended with the status ${(await this.exited).status}`;
    throw new StatusError(StatusCode.FAILED_PRECONDITION, said.trim() || await ended());
  }

  async #giveUp(): Promise<void> {
    if (this.#exit === undefined) killIfThere(-this.pid, SIGKILL);
    await this.exited;
  }

  async #end(exit: Exit): Promise<Exit> {
    const { shim: { logger }, host: { id, bundle }, stdio } = this;
    // While a process of the group is there, nothing else can get the group's number.
    killIfThere(-this.pid, SIGKILL);
    this.#exit = exit;
    if (this.#gate !== undefined) close(this.#gate);
    this.#gate = undefined;
    stdio.expectEnd();
    await orWarn(logger, `keep how ${id} ended`, () => keepExit(bundle, exit));
    await orWarn(logger, `deliver the output of ${id}`, () => stdio.deliver());
    return exit;
  }
}
