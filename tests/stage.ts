/** Where a script of calls is played: a shim without containerd, and a client's side of everything around it. */
import type { MethodName, RequestOf } from "./task_client.ts";
import { path, type Script, type Step } from "./call_script.ts";
import { ClientFifo } from "./client_fifo.ts";
import { Bundle, type Host, shutDown, startShim } from "./direct_shim.ts";
import { EventServer, type ForwardedEvent } from "./event_server.ts";
import { isAlive } from "./processes.ts";
import { TaskClient } from "./task_client.ts";

/** What is left at the end. */
export interface Leftovers {
  /** In the FIFOs, by name. */
  unread: Record<string, string>;
  /** Whether the shim's socket was still there. */
  socket: boolean;
}

/** The shim, its bundles, FIFOs and events. */
export class Stage {
  /** Its folder is the stage's alone. */
  readonly host: Host;
  /** Those whose client is there, by name. */
  readonly fifos = new Map<string, ClientFifo>();
  readonly #events: EventServer;
  readonly #bundles = new Map<string, Bundle>();
  readonly #seen = new Set<ForwardedEvent>();
  #address = "";
  #shimPid = 0;
  #tasks: TaskClient | undefined;

  private constructor(host: Host) {
    this.host = host;
    this.#events = new EventServer(`${host.address}.ttrpc`);
  }

  /** Makes bundles and FIFOs, calls `start` for each bundle, and connects to the shim. */
  static async build(host: Host, { bundles, fifos = [] }: Script): Promise<Stage> {
    await Deno.mkdir(host.folder);
    const stage = new Stage(host);
    for (const [id, options] of Object.entries(bundles)) {
      const annotations = { "io.containerd.runc.v2.group": "group" };
      const bundle = await Bundle.make(host, id, { annotations, ...options });
      stage.#bundles.set(id, bundle);
      stage.#address = await startShim(host, bundle);
    }
    for (const name of fifos) {
      stage.fifos.set(name, await ClientFifo.make(path(name)));
    }
    stage.#tasks = await TaskClient.connect(stage.#address);
    stage.#shimPid = (await stage.tasks.call("Connect", { id: "box" })).shimPid;
    return stage;
  }

  get tasks(): TaskClient {
    return this.#tasks!;
  }

  get shimPid(): number {
    return this.#shimPid;
  }

  /** All events so far. */
  get events(): readonly ForwardedEvent[] {
    return this.#events.events;
  }

  /** The bundle of an id. */
  bundle(id: string): Bundle {
    return this.#bundles.get(id)!;
  }

  /** Does what a step says, and answers what is to be compared. */
  async perform([, what, request]: Step): Promise<object | void> {
    if (typeof what === "function") return await what(this);
    const defaults = what === "Create" ? await this.#creation(request?.id || "box") : {};
    const whole = { id: "box", ...defaults, ...request } as RequestOf<MethodName>;
    return await this.tasks.call(what, whole);
  }

  async #creation(id: string): Promise<RequestOf<"Create">> {
    const bundle = this.bundle(id);
    return { bundle: bundle.path, rootfs: [await bundle.rootfs(this.host)] };
  }

  /** Waits for the next event of a topic about a process: an exec, or init by its container's id. */
  async nextEvent(topic: string, id: string): Promise<void> {
    this.#seen.add(
      await this.#events.until((event) =>
        !this.#seen.has(event) && event.envelope.topic === topic &&
        event.subject === id
      ),
    );
  }

  /** Waits until the removal of each container is told: a Go shim that is told to end may forget its last events. */
  async quiet(): Promise<void> {
    if (!isAlive(this.shimPid)) return;
    for (const { envelope: { topic }, subject } of [...this.events]) {
      if (topic === "/tasks/create") {
        await this.#events.until(({ envelope, subject: other }) =>
          envelope.topic === "/tasks/delete" && other === subject
        );
      }
    }
  }

  /** Ends the shim and removes everything; resolves to what was left. */
  async clear(): Promise<Leftovers> {
    if (isAlive(this.shimPid)) await shutDown(this.tasks, "box");
    const unread: Record<string, string> = {};
    for (const [name, fifo] of this.fifos) {
      // A FIFO that is open for writing has no end, so it gets one.
      await fifo.write("\0");
      [, unread[name]] = await fifo.output.until(/^([^\0]*)\0/);
      fifo[Symbol.dispose]();
    }
    await this.#events[Symbol.asyncDispose]();
    for (const bundle of this.#bundles.values()) await bundle.remove();
    await Deno.remove(this.host.folder, { recursive: true });
    return { unread, socket: await removeIfThere(this.#address.slice("unix://".length)) };
  }
}

async function removeIfThere(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
