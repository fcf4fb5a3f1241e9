/** Where a script of calls is played: a shim without containerd, and a client's side of everything around it. */
import { isAlive } from "../harness/machine/processes.ts";
import { Bundle, type Host, serverPid, shutDown, startShim } from "../harness/shim/direct_shim.ts";
import { EventServer, type ForwardedEvent } from "../harness/shim/event_server.ts";
import { type MethodName, type RequestOf, TaskClient } from "../harness/shim/task_client.ts";
import { ClientFifo } from "../harness/streams/client_fifo.ts";
import { path, type Script, type Step } from "./call_script.ts";

/** What is left at the end. */
export interface Leftovers {
  /** In the FIFOs, by name. */
  unread: Record<string, string>;
  /** Whether the shim's socket was still there. */
  socket: boolean;
}

/** The shim, its bundles, FIFOs and events. */
export class Stage {
  /** Those whose client is there, by name. */
  readonly fifos = new Map<string, ClientFifo>();
  readonly #seen = new Set<ForwardedEvent>();

  private constructor(
    /** Its folder is the stage's alone. */
    readonly host: Host,
    /** What `start` answered. */
    readonly address: string,
    readonly shimPid: number,
    readonly tasks: TaskClient,
    private readonly bundles: ReadonlyMap<string, Bundle>,
    private readonly eventServer: EventServer,
  ) {}

  /** Makes bundles and FIFOs, calls `start` for each bundle, and connects to the shim. */
  static async build(host: Host, { bundles, fifos = [] }: Script): Promise<Stage> {
    await Deno.mkdir(host.folder);
    const eventServer = new EventServer(`${host.address}.ttrpc`);
    const made = new Map<string, Bundle>();
    let address = "";
    for (const [id, options] of Object.entries(bundles)) {
      const annotations = { "io.containerd.runc.v2.group": "group" };
      const bundle = await Bundle.make(host, id, { annotations, ...options });
      made.set(id, bundle);
      address = await startShim(host, bundle);
    }
    const tasks = await TaskClient.connect(address);
    const stage = new Stage(host, address, serverPid(address), tasks, made, eventServer);
    for (const name of fifos) stage.fifos.set(name, await ClientFifo.make(path(name)));
    return stage;
  }

  /** All events so far. */
  get events(): readonly ForwardedEvent[] {
    return this.eventServer.events;
  }

  /** Does what a step says, and answers what is to be compared. */
  async perform([, what, request]: Step): Promise<object | void> {
    if (typeof what === "function") return await what(this);
    const defaults = what === "Create" ? await this.#creation(request?.id || "box") : {};
    const whole = { id: "box", ...defaults, ...request } as RequestOf<MethodName>;
    return await this.tasks.call(what, whole);
  }

  async #creation(id: string): Promise<RequestOf<"Create">> {
    const bundle = this.bundles.get(id)!;
    return { bundle: bundle.path, rootfs: [await bundle.rootfs(this.host)] };
  }

  /** Waits for the next event of a topic about a process: an exec, or init by its container's id. */
  async nextEvent(topic: string, id: string): Promise<void> {
    const isNext = (event: ForwardedEvent) =>
      event.envelope.topic === topic && event.subject === id && !this.#seen.has(event);
    this.#seen.add(await this.eventServer.until(isNext));
  }

  /** Waits until the deletion of each container is told: a Go shim that is told to end may forget its last events. */
  async quiet(): Promise<void> {
    if (!isAlive(this.shimPid)) return;
    const created = this.events.filter(({ envelope }) => envelope.topic === "/tasks/create");
    for (const { subject } of created) await this.nextEvent("/tasks/delete", subject);
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
    await this.eventServer[Symbol.asyncDispose]();
    for (const bundle of this.bundles.values()) await bundle.remove();
    await Deno.remove(this.host.folder, { recursive: true });
    return { unread, socket: await removeIfThere(this.address.slice("unix://".length)) };
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
