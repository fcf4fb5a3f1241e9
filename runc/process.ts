/** What init and exec'd processes have in common: their states, and how they end. */
import {
  Errno,
  type Exit,
  type Expectation,
  kill,
  type Owner,
  Pipes,
  type Shim,
  StatusCode,
  StatusError,
  type Stdio,
  type StdioPaths,
  SystemError,
  Terminal,
} from "../shim/mod.ts";
import { readPid, writtenPid } from "./bundle/mod.ts";
import type { Cgroup } from "./cgroup/mod.ts";
import type { DirectRunc } from "./direct/mod.ts";
import { killTree } from "./process_tree.ts";
import type { Runc } from "./runc.ts";
import { Serial } from "../shim/common/serial.ts";

/** The state of a process. */
export type State = keyof typeof TRANSITIONS;
/** What leads a process from one state to another. */
export type Step = "start" | "pause" | "freeze" | "resume" | "checkpoint" | "exit" | "delete";

/**
 * The states and the steps that are possible in each. Only init is ever `pausing` or `paused`, and stands for the whole container. An
 * init that is to be restored from a checkpoint is `checkpointed` until its start: there is no process before.
 */
const TRANSITIONS = {
  created: { start: "running", exit: "stopped", delete: "deleted" },
  checkpointed: { start: "running", exit: "stopped", delete: "deleted" },
  running: { pause: "pausing", checkpoint: "running", exit: "stopped" },
  pausing: { freeze: "paused", resume: "running", exit: "stopped" },
  paused: { resume: "running", checkpoint: "paused", exit: "stopped" },
  stopped: { delete: "deleted" },
  deleted: {},
} as const satisfies Record<string, Partial<Record<Step, string>>>;

/** What the processes of one container share. */
export interface ContainerContext {
  readonly shim: Shim;
  /** The container's id. */
  readonly id: string;
  readonly bundle: string;
  readonly runc: Runc;
  /** Does in place of the runtime what is known. */
  readonly direct: DirectRunc;
  readonly cgroup: Cgroup;
  /** The owner of the pipes that are their standard streams. */
  readonly owner: Owner;
}

/** A process of a container, init or exec'd. */
export abstract class Process {
  /** Runs what changes the state of this process, one change at a time. */
  readonly changes = new Serial();
  /** 0 until there is a process. */
  pid = 0;
  protected stdio: Stdio | undefined;
  readonly #stdioOpened = Promise.withResolvers<Stdio>();
  #state: State;
  /** Set as soon as the process has been reaped; the state `stopped` follows when the changes under way are done. */
  #exit: Exit | undefined;
  #reaped: Promise<void> = new Promise(() => {});
  readonly #exited = Promise.withResolvers<Exit>();

  /** @param id The container's id for init, or the exec id. */
  constructor(
    protected readonly container: ContainerContext,
    readonly id: string,
    readonly paths: StdioPaths,
    state: "created" | "checkpointed" = "created",
  ) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** How the process ended, once it has been reaped. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Resolves when the process is in the state `stopped`, or was deleted without ever having been started. */
  get exited(): Promise<Exit> {
    return this.#exited.promise;
  }

  /**
   * Checks that the step is possible in the process's state.
   * @throws {StatusError} If it is not: NOT_FOUND if the process was deleted while the call waited for its turn, else
   * FAILED_PRECONDITION.
   */
  check(step: Step): void {
    if (step in TRANSITIONS[this.#state]) return;
    const { NOT_FOUND, FAILED_PRECONDITION } = StatusCode;
    const code = this.#state === "deleted" ? NOT_FOUND : FAILED_PRECONDITION;
    throw new StatusError(code, `cannot ${step} a ${this.#state} process`);
  }

  /**
   * Puts the process into the state to which the step leads.
   * @throws {StatusError} See {@linkcode check}.
   */
  enter(step: Step): void {
    this.check(step);
    this.#state = (TRANSITIONS[this.#state] as Record<Step, State>)[step];
    if (step === "exit" || step === "delete") this.#exited.resolve(this.#exit ?? neverRan());
  }

  /**
   * Takes over the process whose pid the runtime has written to a file.
   * @param expectation Taken from the reaper before the runtime was called.
   * @throws {Error} If the file has no pid, or that of a process which the runtime can't have made, and which must get no signals.
   */
  protected adopt(pidFile: string, expectation: Expectation): void {
    const pid = readPid(pidFile);
    this.#reaped = claim(pid, pidFile, expectation).then((exit) => {
      this.#exit = exit;
      this.stdio?.expectEnd();
    });
    this.pid = pid;
  }

  /**
   * Kills the process, and all its descendants, that a failed runtime has made and whose pid it has written: nobody else knows of
   * them.
   */
  protected killMade(pidFile: string): void {
    const pid = writtenPid(pidFile);
    if (pid !== undefined && this.container.shim.reaper.isUnclaimed(pid)) killTree(pid);
  }

  /** Resolves when the process has been reaped; it is `stopped` only later. */
  get reaped(): Promise<void> {
    return this.#reaped;
  }

  /** Puts a process that could not be started into the state `stopped`, so that a Wait for it is answered. */
  protected fail(): void {
    this.#exit = neverRan();
    this.enter("exit");
  }

  /** Opens the streams that the runtime is to give to the process. */
  protected async openStdio(): Promise<Stdio> {
    const { shim, owner } = this.container;
    const stdio = this.paths.terminal
      ? new Terminal(shim, this.paths, shim.newSocketPath())
      : new Pipes(shim, this.paths, owner);
    await stdio.open(this.id);
    this.stdio = stdio;
    this.#stdioOpened.resolve(stdio);
    return stdio;
  }

  /** Whether {@linkcode deliver} has anything to do. */
  get hasUnread(): boolean {
    return this.stdio?.hasUnread ?? false;
  }

  /** Waits, with a bound, until the client has read the output of a process that has ended; see {@linkcode Stdio.deliver}. */
  async deliver(): Promise<void> {
    await this.stdio?.deliver();
  }

  /**
   * Sets the size of the process's terminal, in characters; without a terminal it does nothing. It is no error after the end of the
   * process: ctr resizes after each start, and would show its user an error for every short process.
   */
  resize(width: number, height: number): void {
    this.stdio?.resize(width, height);
  }

  /** Ends the process's input as soon as the client has closed its side. A client may ask for that before there is a process. */
  closeStdin(): void {
    this.#stdioOpened.promise.then((stdio) => stdio.closeStdin());
  }

  /**
   * Sends a signal to the process alone.
   * @param signo The signal's number; 0 only asks whether the process is there.
   * @throws {StatusError} NOT_FOUND if it has finished, FAILED_PRECONDITION if there is no process yet.
   */
  kill(signo: number): void | Promise<void> {
    if (this.#exit !== undefined) throw finished();
    if (this.pid === 0) throw notMade();
    try {
      kill(this.pid, signo);
    } catch (error) {
      if (error instanceof SystemError && error.errno === Errno.ESRCH) throw finished();
      throw error;
    }
  }
}

/** Claims the exit of the process whose pid was in a file, and names that file in the error. */
function claim(pid: number, pidFile: string, expectation: Expectation): Promise<Exit> {
  try {
    return expectation.claim(pid);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `expected the pid of a process that the runtime has made in ${pidFile}: ${message}`,
    );
  }
}

/** The exit of a process that never ran, with the status that containerd calls UnknownExitStatus. */
function neverRan(): Exit {
  return { pid: 0, status: 255, signal: undefined, exitedAt: new Date() };
}

/** The answer to a call that needs a process, if it has ended. */
export function finished(): StatusError {
  return new StatusError(StatusCode.NOT_FOUND, "process already finished");
}

/** The answer to a call that needs a process, if there is none yet. */
export function notMade(): StatusError {
  return new StatusError(StatusCode.FAILED_PRECONDITION, "process not created");
}

/** The failure of a command of the runtime, in the words from which docker and Kubernetes take their exit codes. */
export function runtimeFailure(what: string, error: unknown): Error {
  return new Error(`OCI runtime ${what} failed: ${(error as Error).message}`, { cause: error });
}
