/** A container of a stage, called by a client that keeps its connection. */
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import type { CreateTaskRequest } from "../../proto/mod.ts";
import {
  Bundle,
  callShim,
  serverPid,
  shimArguments,
  shutDown,
  type StreamPaths,
} from "../../tests/harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../../tests/harness/shim/task_client.ts";
import type { Stage } from "./stage.ts";

/** What {@linkcode Container.prepare} takes. */
export interface ContainerOptions {
  /** Default: `sleep 1000`. */
  readonly command?: string[];
  /** Whether a spare may be taken, and left; true by default, as installed. The Go shim has none. */
  readonly spare?: boolean;
  /** How many may share a server; 1 by default. The Go shim has no such setting. */
  readonly share?: number;
}

/** The life of one container, whose phases are to be called in the order in which they stand here. */
export class Container {
  /** From {@linkcode start} on. */
  address = "";
  /** From {@linkcode connect} on. */
  tasks!: TaskClient;
  #service = "";

  private constructor(
    private readonly stage: Stage,
    private readonly bundle: Bundle,
    private readonly request: CreateTaskRequest.Properties,
    private readonly env: Record<string, string>,
  ) {}

  /** Makes the bundle. Nothing runs yet. */
  static async prepare(
    stage: Stage,
    id: string,
    { command = ["sleep", "1000"], spare = true, share = 1 }: ContainerOptions = {},
  ): Promise<Container> {
    const bundle = await Bundle.make(stage, id);
    const spec = structuredClone(stage.spec);
    spec.process = { ...spec.process, terminal: false, args: command };
    spec.linux.cgroupsPath = `/${stage.namespace}/${id}`;
    await Deno.writeTextFile(`${bundle.path}/config.json`, JSON.stringify(spec));
    const env = { SHIM_SPARE: spare ? "on" : "off", SHIM_SHARE: `${share}` };
    return new Container(stage, bundle, await bundle.createRequest(stage), env);
  }

  /** {@linkcode prepare}, and all up to a running init. */
  static async run(stage: Stage, id: string, options: ContainerOptions = {}): Promise<Container> {
    const container = await Container.prepare(stage, id, options);
    await container.start();
    await container.connect();
    await container.create();
    await container.startProcess();
    return container;
  }

  get id(): string {
    return this.bundle.id;
  }

  /** The action `start`, until it has exited. */
  async start(): Promise<void> {
    const { address, service } = parseAnswer(await this.#call("start"));
    this.address = address;
    this.#service = service;
  }

  /** Connects, until Connect is answered, as containerd does; where there is no container yet our answer is that. */
  async connect(): Promise<void> {
    this.tasks = await TaskClient.connect(this.address, this.#service);
    await this.tasks.call("Connect", { id: this.id }).catch((error) => {
      if (error.code !== StatusCode.NOT_FOUND) throw error;
    });
  }

  /** The process id of the server. */
  get pid(): number {
    return serverPid(this.address);
  }

  /** Creates the container, and answers init's process id. */
  async create(): Promise<number> {
    return (await this.tasks.call("Create", this.request)).pid;
  }

  /** Starts init, or what was executed. */
  async startProcess(execId = ""): Promise<void> {
    await this.tasks.call("Start", { id: this.id, execId });
  }

  /** Exec and Start. */
  async exec(execId: string, args: string[], streams: StreamPaths = {}): Promise<void> {
    const spec = processSpec(args, { terminal: streams.terminal });
    await this.tasks.call("Exec", { id: this.id, execId, spec, ...streams });
    await this.startProcess(execId);
  }

  /** Runs `true`, from Exec to Delete. */
  async execTrue(execId: string): Promise<void> {
    await this.exec(execId, ["true"]);
    await this.wait(execId);
    await this.deleteProcess(execId);
  }

  /** What the container uses of the machine. */
  async stats(): Promise<void> {
    await this.tasks.call("Stats", { id: this.id });
  }

  /** Waits for the end of init, or of what was executed. */
  async wait(execId = ""): Promise<void> {
    await this.tasks.call("Wait", { id: this.id, execId });
  }

  /** Deletes the container, or what was executed. */
  async deleteProcess(execId = ""): Promise<void> {
    await this.tasks.call("Delete", { id: this.id, execId });
  }

  /** Ends the server, until it closes the connection. */
  async shutDown(): Promise<void> {
    await shutDown(this.tasks, this.id);
  }

  /** The action `delete`, until it has exited. */
  async cleanUp(): Promise<void> {
    await this.#call("-bundle", this.bundle.path, "delete");
  }

  /** Kills init, until it has ended. */
  async kill(): Promise<void> {
    await this.tasks.call("Kill", { id: this.id, signal: 9 });
    await this.wait();
  }

  /** Deletes the container and ends its server, as containerd does; init must have ended. */
  async delete(): Promise<void> {
    await this.deleteProcess();
    await this.shutDown();
    await this.cleanUp();
  }

  /** The whole life of a container that ends by itself. */
  async live(): Promise<void> {
    await this.start();
    await this.connect();
    await this.create();
    await this.startProcess();
    await this.wait();
    await this.delete();
  }

  /** Removes the bundle. */
  async remove(): Promise<void> {
    await this.bundle.remove();
  }

  /** Kills init, and goes on until nothing is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.delete();
    await this.remove();
  }

  async #call(...action: string[]): Promise<string> {
    const args = shimArguments(this.stage, this.id, ...action);
    const { code, stdout, stderr } = await callShim(this.stage, this.bundle.path, args, this.env);
    if (code === 0) return new TextDecoder().decode(stdout);
    throw new Error(`expected the action ${action.at(-1)} to succeed, not ${code}: ${stderr}`);
  }
}

/** What `start` answers: an address, or, from containerd 1.7's Go shim on, JSON (BootstrapParams). */
function parseAnswer(answer: string): { address: string; service: string } {
  const { address, version } = answer.startsWith("{")
    ? JSON.parse(answer)
    : { address: answer, version: 2 };
  return { address, service: `containerd.task.v${version}.Task` };
}
