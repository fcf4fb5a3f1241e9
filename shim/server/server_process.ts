/** The process of a server, which may run several shims one after the other: what there is once in it. */
import {
  type Caller,
  environmentOf,
  inherited,
  inheritedBy,
  ownCgroups,
  versionsIn,
} from "../bootstrap/mod.ts";
import { becomeSubreaper, hasChildren, kill, listDescriptors, SIGKILL } from "../libc/mod.ts";
import { raiseOpenFiles, Reactor, Reaper } from "../process/mod.ts";
import { readSettings, type Settings } from "../settings/settings.ts";
import { ServerLog } from "./server_log.ts";

/** How much V8's heap may have grown, in bytes. */
const HEAP_BYTES = 24 << 20;
/** How many descriptors more there may be than at first, for what Deno itself opens when it needs it. */
const OWN_DESCRIPTORS = 4;

/** Deno's own, which a Task service is kept from. */
const { exit } = Deno;

/** This process, as a server. */
export class ServerProcess {
  readonly log = new ServerLog();
  readonly reaper = new Reaper(this.log);
  readonly reactor = new Reactor(this.log);
  readonly #isReusable: boolean;
  readonly #cgroups = ownCgroups();
  #inherited = "";
  #descriptors = 0;
  #hasFault = false;

  /**
   * Makes this process a server: the subreaper of its descendants, which outlives its faults.
   * @param program The name of the shim's program.
   * @param isReusable Whether it may have another shim after its first, or beside it.
   * @param telemetry What makes traces and metrics, where Deno exports them.
   */
  constructor(
    readonly program: string,
    readonly settings: Settings,
    isReusable: boolean,
    readonly telemetry: typeof import("./telemetry.ts") | undefined,
  ) {
    raiseOpenFiles();
    this.#isReusable = isReusable;
    this.#outliveFaults();
    // By this variable runc would report to systemd, which waits for containerd, that the service is ready.
    Deno.env.delete("NOTIFY_SOCKET");
    becomeSubreaper();
    this.reaper.start();
  }

  /** Whether it may become a spare. */
  get mayBeSpare(): boolean {
    return this.#isReusable && this.settings.spare;
  }

  /** To be called when its first shim listens, while containerd does not wait for it: this takes a moment. */
  noteInherited(): void {
    const { spare, share } = this.settings;
    if (!this.#isReusable || !spare && share === 1) return;
    this.#inherited ||= inherited(this.#cgroups);
  }

  /** What it inherited from who has spawned it, see inherited.ts; empty if it has one shim only. */
  get inherited(): string {
    return this.#inherited;
  }

  /**
   * Reads the settings that a `start` has.
   * @throws {Error} If the file, or a variable, says what can't be; or if `start` can't be looked at.
   */
  settingsOf(caller: Caller): Promise<Settings> {
    return readSettings(this.program, environmentOf(caller));
  }

  /**
   * Compares this server with one that a `start` would spawn.
   * @param settings Those of `start`.
   * @throws {Error} If `start` can't be looked at.
   */
  compareWith(caller: Caller, settings: Settings): "same" | "other" | "other version" {
    const its = inheritedBy(caller);
    const hasSettings = JSON.stringify(settings) === JSON.stringify(this.settings);
    const isSameVersion = hasSettings && versionsIn(its) === versionsIn(this.inherited);
    if (!isSameVersion) return "other version";
    return its === this.inherited ? "same" : "other";
  }

  /** To be called when it has its first shim, and no container yet. */
  noteDescriptors(): void {
    this.#descriptors ||= listDescriptors().length;
  }

  /** Whether it is still what it inherited, and has no fault, so that it can have another shim beside those that it has. */
  get isUnchanged(): boolean {
    return !this.#hasFault && inherited() === this.inherited;
  }

  /** Whether it is as it was when it had its first shim, so that it can have another one in its place. */
  get isAsNew(): boolean {
    return this.isUnchanged && !hasChildren() &&
      listDescriptors().length <= this.#descriptors + OWN_DESCRIPTORS &&
      Deno.memoryUsage().heapTotal <= HEAP_BYTES;
  }

  /** Ends it. */
  exit(): never {
    // Deno's exit sends the last spans, and may wait for ever for the connection that it has, which nobody attends to any more.
    if (this.telemetry) kill(Deno.pid, SIGKILL);
    return exit(0);
  }

  /**
   * Makes `Deno.exit` throw, until it is disposed of: a Task service that ended the server would end all its containers' streams, and
   * lose their exits.
   */
  forbidExit(): Disposable {
    Deno.exit = (code) => {
      throw new Error(`a Task service must not end the server, as by Deno.exit(${code ?? ""})`);
    };
    return { [Symbol.dispose]: () => void (Deno.exit = exit) };
  }

  /** Logs uncaught errors, by which Deno would end the server: it holds running containers. */
  #outliveFaults(): void {
    addEventListener("error", (event) => {
      event.preventDefault();
      this.#hasFault = true;
      this.log.error("uncaught error", { error: event.error?.stack ?? event.message });
    });
    addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.#hasFault = true;
      this.log.error("unhandled rejection", { error: event.reason?.stack ?? event.reason });
    });
  }
}
