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
import { killTree } from "./process_tree.ts";
import type { Runc } from "./runc.ts";
import { Serial } from "./serial.ts";

/** Where a process is in its life. */
export type State = keyof typeof TRANSITIONS;
/** What happens to a process. */
export type Step = "start" | "pause" | "freeze" | "resume" | "checkpoint" | "exit" | "delete";

/**
 * An exec'd process is never paused itself: it is while its container's init is. An init that is to be restored from a checkpoint is
 * `checkpointed` until its start: there is no process before.
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
  /** The container's. */
  readonly id: string;
  readonly bundle: string;
  readonly runc: Runc;
  readonly cgroup: Cgroup;
  /** Who owns the pipes of their streams. */
  readonly owner: Owner;
}

/** A process of a container, init or exec'd. */
export abstract class Process {
  /** What changes this process is done here, one change at a time. */
  readonly changes = new Serial();
  /** 0 until the process was made. */
  pid = 0;
  protected stdio: Stdio | undefined;
  readonly #stdioOpened = Promise.withResolvers<Stdio>();
  #state: State;
  /** Set as soon as the process was reaped; its state follows when the changes under way are done. */
  #exit: Exit | undefined;
  #reaped: Promise<void> = new Promise(() => {});
  readonly #exited = Promise.withResolvers<Exit>();

  /** @param id The container's id for init, else the exec id. */
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

  /** How the process ended, once it was reaped. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Resolves when the process is in the state `stopped`, or was deleted without ever having been started. */
  get exited(): Promise<Exit> {
    return this.#exited.promise;
  }

  /**
   * @throws {StatusError} where the process is in no state for the step: NOT_FOUND when it was deleted while the call waited for its
   * turn, else FAILED_PRECONDITION.
   */
  check(step: Step): void {
    if (step in TRANSITIONS[this.#state]) return;
    const { NOT_FOUND, FAILED_PRECONDITION } = StatusCode;
    const code = this.#state === "deleted" ? NOT_FOUND : FAILED_PRECONDITION;
    throw new StatusError(code, `cannot ${step} a ${this.#state} process`);
  }

  /** Goes to the state to which the step leads. */
  enter(step: Step): void {
    this.check(step);
    this.#state = (TRANSITIONS[this.#state] as Record<Step, State>)[step];
    if (step === "exit" || step === "delete") this.#exited.resolve(this.#exit ?? neverRan());
  }

  /**
   * Takes over the process whose pid the runtime has written to a file.
   * @param expectation Begun before the runtime was called.
   * @throws {Error} where there is no pid, or that of a process that the runtime can't have made: it would get the signals.
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
   * Kills the process that a runtime which has failed has made all the same, as far as it has told of it, and what that has started:
   * nobody would know of them.
   */
  protected killMade(pidFile: string): void {
    const pid = writtenPid(pidFile);
    if (pid !== undefined && this.container.shim.reaper.isUnclaimed(pid)) killTree(pid);
  }

  /** Resolves when a process that was started has ended, however much is still to be done before it counts as stopped. */
  get reaped(): Promise<void> {
    return this.#reaped;
  }

  /** Ends the life of a process that could not be started, so that nobody waits for it without end. */
  protected fail(): void {
    this.#exit = neverRan();
    this.enter("exit");
  }

  /** Opens the streams, for the runtime to give to the process. */
  protected async openStdio(): Promise<Stdio> {
    const { shim, owner } = this.container;
    const stdio = this.paths.terminal
      ? new Terminal(shim.reactor, this.paths, shim.newSocketPath())
      : new Pipes(shim.reactor, this.paths, owner);
    await stdio.open(shim, this.id);
    this.stdio = stdio;
    this.#stdioOpened.resolve(stdio);
    return stdio;
  }

  /** See {@linkcode Stdio.deliver}. */
  async deliver(): Promise<void> {
    await this.stdio?.deliver();
  }

  /**
   * Sets the size of the process's terminal, in characters; without one it does nothing. After the end of the process it is no error:
   * ctr asks for it after each start, and would tell its user that a short process was too fast.
   */
  resize(width: number, height: number): void {
    this.stdio?.resize(width, height);
  }

  /** Ends the process's input, once its client has closed its side too. A client may ask for it before the process is there. */
  closeStdin(): void {
    this.#stdioOpened.promise.then((stdio) => stdio.closeStdin());
  }

  /**
   * Sends a signal to the process alone.
   * @param signo One that there is, or 0 to ask only whether the process is there.
   * @throws {StatusError} NOT_FOUND where it has finished, FAILED_PRECONDITION where it was not made yet.
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

/** How a process ended that never was one; the status is containerd's UnknownExitStatus. */
function neverRan(): Exit {
  return { pid: 0, status: 255, signal: undefined, exitedAt: new Date() };
}

/** What a process that has ended answers to. */
export function finished(): StatusError {
  return new StatusError(StatusCode.NOT_FOUND, "process already finished");
}

/** What a process that was not made yet answers to. */
export function notMade(): StatusError {
  return new StatusError(StatusCode.FAILED_PRECONDITION, "process not created");
}

/** A failure of a runtime's command as docker and Kubernetes expect it: they tell their exit codes from its words. */
export function runtimeFailure(what: string, error: unknown): Error {
  return new Error(`OCI runtime ${what} failed: ${(error as Error).message}`, { cause: error });
}
