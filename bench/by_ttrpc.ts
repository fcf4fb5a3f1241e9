import type { CreateTaskRequest } from "../proto/mod.ts";
import { StatusCode } from "../shim/ttrpc/mod.ts";
import {
  expectSuccess,
  outputOf,
  type PrivateContainerd,
} from "../tests/harness/containerd/private_containerd.ts";
import { privateMemory } from "../tests/harness/machine/processes.ts";
import { Bundle, type Host, shutDown, startShim } from "../tests/harness/shim/direct_shim.ts";
import { processSpec, TaskClient } from "../tests/harness/shim/task_client.ts";
import { Measurements } from "./measurements.ts";
import { type Competitor, inRounds } from "./rounds.ts";

/** Measures each phase of a life without containerd in between, and then the private memory of a server, in MiB. */
export async function measureByTtrpc(
  containerd: PrivateContainerd,
  competitors: readonly Competitor[],
  rounds: number,
): Promise<{ phases: Measurements; memory: Measurements }> {
  const boxes = new Map<string, Life>();
  for (const competitor of competitors) {
    const { column } = competitor;
    const box = await Life.prepare(containerd, competitor, column, "sleep", "1000");
    boxes.set(column, box);
    await box.start();
    await box.connect();
    await box.create();
    await box.startProcess();
  }
  const phases = await inRounds(competitors, rounds, async (competitor, id, measured) => {
    const { column } = competitor;
    const time = (row: string, work: () => Promise<unknown>) => measured.time(row, column, work);
    const life = await Life.prepare(containerd, competitor, id, "true");
    await time("the life of true", async () => {
      await time("  action start", () => life.start());
      await time("  connection, Connect", () => life.connect());
      await time("  Create", () => life.create());
      await time("  Start", () => life.startProcess());
      await time("  Wait", () => life.wait());
      await time("  Delete", () => life.deleteProcess());
      await time("  Shutdown, until it closes", () => life.shutDown());
      await time("  action delete", () => life.cleanUp());
    });
    await life.bundle.remove();
    await time("Exec of true, until its Delete", () => boxes.get(column)!.execute(id));
  });
  const memory = new Measurements(competitors.map(({ column }) => column));
  for (const [column, box] of boxes) {
    memory.add("an idle server, one container", column, privateMemory(await box.pid()));
    await box.tasks.call("Kill", { id: column, signal: 9 });
    await box.wait();
    await box.deleteProcess();
    await box.shutDown();
    await box.cleanUp();
    await box.bundle.remove();
  }
  return { phases, memory };
}

/** The life of one container, whose phases are to be called in the order in which they stand here. */
class Life {
  #address = "";
  /** From {@linkcode connect} on. */
  tasks!: TaskClient;

  private constructor(
    private readonly host: Host,
    readonly bundle: Bundle,
    private readonly request: CreateTaskRequest.Properties,
  ) {}

  /** Makes the bundle of a container that runs a command. Nothing runs yet. */
  static async prepare(
    { folder, address, namespace, rootfs }: PrivateContainerd,
    runtime: Competitor,
    id: string,
    ...command: string[]
  ): Promise<Life> {
    const host = { folder, address, namespace, rootfs, runtime };
    const bundle = await Bundle.make(host, id);
    // What runc suggests, which is more like a client's than that of the tests.
    const file = `${bundle.path}/config.json`;
    await Deno.remove(file);
    const runc = new Deno.Command("runc", {
      args: ["spec", "--bundle", bundle.path],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    expectSuccess(await outputOf(runc.spawn()));
    const spec = JSON.parse(await Deno.readTextFile(file));
    spec.process = { ...spec.process, terminal: false, args: command };
    spec.linux.cgroupsPath = `/${namespace}/${id}`;
    await Deno.writeTextFile(file, JSON.stringify(spec));
    return new Life(host, bundle, await bundle.createRequest(host));
  }

  /** The action `start`, until it has exited. */
  async start(): Promise<void> {
    this.#address = await startShim(this.host, this.bundle, {}, []);
  }

  /** Connects, until Connect is answered; where there is no container yet our answer is that. */
  async connect(): Promise<void> {
    this.tasks = await TaskClient.connect(this.#address);
    await this.pid().catch((error) => {
      if (error.code !== StatusCode.NOT_FOUND) throw error;
    });
  }

  /** The process id of the server. */
  async pid(): Promise<number> {
    return (await this.tasks.call("Connect", { id: this.bundle.id })).shimPid;
  }

  async create(): Promise<void> {
    await this.tasks.call("Create", this.request);
  }

  /** Starts init, or what was executed. */
  async startProcess(execId = ""): Promise<void> {
    await this.tasks.call("Start", { id: this.bundle.id, execId });
  }

  /** Runs `true` in the container, from Exec to Delete. */
  async execute(execId: string): Promise<void> {
    await this.tasks.call("Exec", { id: this.bundle.id, execId, spec: processSpec(["true"]) });
    await this.startProcess(execId);
    await this.wait(execId);
    await this.deleteProcess(execId);
  }

  /** Waits for the end of init, or of what was executed. */
  async wait(execId = ""): Promise<void> {
    await this.tasks.call("Wait", { id: this.bundle.id, execId });
  }

  /** Deletes the container, or what was executed. */
  async deleteProcess(execId = ""): Promise<void> {
    await this.tasks.call("Delete", { id: this.bundle.id, execId });
  }

  /** Ends the server, until it closes the connection. */
  async shutDown(): Promise<void> {
    await shutDown(this.tasks, this.bundle.id);
  }

  /** The action `delete`, until it has exited. */
  async cleanUp(): Promise<void> {
    const { code, stderr } = await this.bundle.delete(this.host);
    if (code !== 0) {
      throw new Error(`expected the action delete to succeed, not ${code}: ${stderr}`);
    }
  }
}
