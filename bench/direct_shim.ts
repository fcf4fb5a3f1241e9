import {
  ConnectRequest,
  ConnectResponse,
  CreateTaskRequest,
  DeleteRequest,
  ExecProcessRequest,
  KillRequest,
  ShutdownRequest,
  StartRequest,
  WaitRequest,
} from "../proto/mod.ts";
import { Client, StatusCode } from "../shim/ttrpc/mod.ts";
import { expectSuccess, outputOf } from "../tests/harness/containerd/private_containerd.ts";
import type { PrivateContainerd, Runtime } from "../tests/harness/containerd/private_containerd.ts";

const SIGKILL = 9;
const EXECUTED = { args: ["true"], cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };

/**
 * The shim of one container, driven as containerd 1.6 drives it, but by us, so that each phase can be timed. Its events go to
 * containerd as always. The methods are in the order in which they are to be called.
 */
export class DirectShim {
  readonly #bundle: string;
  /** The layers of the root file system. */
  readonly #layers: string;
  /** containerd reads the log, and so holds it open. */
  #log!: Deno.FsFile;
  #address = "";
  #client!: Client;

  private constructor(
    private readonly containerd: PrivateContainerd,
    private readonly runtime: Runtime,
    private readonly id: string,
  ) {
    // The Go shim takes its bundle to have its id as its name.
    this.#bundle = `${containerd.folder}/bundles/${id}`;
    this.#layers = `${containerd.folder}/layers/${id}`;
  }

  /** Makes the bundle of a container that runs a command. Nothing runs yet. */
  static async prepare(
    containerd: PrivateContainerd,
    runtime: Runtime,
    id: string,
    ...command: string[]
  ): Promise<DirectShim> {
    const shim = new DirectShim(containerd, runtime, id);
    const bundle = shim.#bundle;
    for (const folder of [`${bundle}/rootfs`, `${shim.#layers}/upper`, `${shim.#layers}/work`]) {
      await Deno.mkdir(folder, { recursive: true });
    }
    await run("runc", ["spec"], bundle);
    const spec = JSON.parse(await Deno.readTextFile(`${bundle}/config.json`));
    spec.process = { ...spec.process, terminal: false, args: command };
    spec.linux.cgroupsPath = `/${containerd.namespace}/${id}`;
    await Deno.writeTextFile(`${bundle}/config.json`, JSON.stringify(spec));
    await run("mkfifo", ["log"], bundle);
    shim.#log = await Deno.open(`${bundle}/log`, { read: true, write: true });
    return shim;
  }

  /** The action `start`, until it has exited. */
  async start(): Promise<void> {
    const answer = await this.#act("start");
    this.#address = answer.trim().replace("unix://", "");
  }

  /** Connects, until Connect is answered; where there is no container yet our answer is that. */
  async connect(): Promise<void> {
    this.#client = await Client.connect(this.#address);
    await this.pid().catch((error) => {
      if (error.code !== StatusCode.NOT_FOUND) throw error;
    });
  }

  /** The process id of the server. */
  async pid(): Promise<number> {
    const answer = await this.#call("Connect", ConnectRequest.encode({ id: this.id }));
    return ConnectResponse.decode(answer).shimPid;
  }

  /** Creates the container, its root file system an overlay. */
  async create(): Promise<void> {
    const layers = [
      `lowerdir=${this.containerd.rootfs}`,
      `upperdir=${this.#layers}/upper`,
      `workdir=${this.#layers}/work`,
    ];
    const request = CreateTaskRequest.encode({
      id: this.id,
      bundle: this.#bundle,
      rootfs: [{ type: "overlay", source: "overlay", options: layers }],
    });
    await this.#call("Create", request);
  }

  /** Starts init, or what was executed. */
  async startProcess(execId = ""): Promise<void> {
    await this.#call("Start", StartRequest.encode({ id: this.id, execId }));
  }

  /** Runs `true` in the container, from Exec to Delete. */
  async execute(execId: string): Promise<void> {
    const value = new TextEncoder().encode(JSON.stringify(EXECUTED));
    const spec = { typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Process", value };
    await this.#call("Exec", ExecProcessRequest.encode({ id: this.id, execId, spec }));
    await this.startProcess(execId);
    await this.wait(execId);
    await this.deleteProcess(execId);
  }

  /** Kills init. */
  async kill(): Promise<void> {
    await this.#call("Kill", KillRequest.encode({ id: this.id, signal: SIGKILL }));
  }

  /** Waits for the end of init, or of what was executed. */
  async wait(execId = ""): Promise<void> {
    await this.#call("Wait", WaitRequest.encode({ id: this.id, execId }));
  }

  /** Deletes the container, or what was executed. */
  async deleteProcess(execId = ""): Promise<void> {
    await this.#call("Delete", DeleteRequest.encode({ id: this.id, execId }));
  }

  /** Ends the server, until it closes the connection. */
  async shutdown(): Promise<void> {
    await this.#call("Shutdown", ShutdownRequest.encode({ id: this.id }));
    await this.#client.closed;
  }

  /** The action `delete`, until it has exited. */
  async cleanUp(): Promise<void> {
    await this.#act("delete");
  }

  /** Removes the bundle. */
  async remove(): Promise<void> {
    this.#log.close();
    await Deno.remove(this.#bundle, { recursive: true });
    await Deno.remove(this.#layers, { recursive: true });
  }

  async #act(action: string): Promise<string> {
    const { namespace, address } = this.containerd;
    const flags = ["-namespace", namespace, "-address", address, "-publish-binary", "containerd"];
    const where = action === "delete" ? ["-bundle", this.#bundle] : [];
    return await run(
      this.runtime.binary,
      [...flags, "-id", this.id, ...where, action],
      this.#bundle,
      {
        TTRPC_ADDRESS: `${address}.ttrpc`,
      },
    );
  }

  async #call(method: string, request: { finish(): Uint8Array }): Promise<Uint8Array> {
    return await this.#client.call("containerd.task.v2.Task", method, request.finish());
  }
}

async function run(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const child = new Deno.Command(command, {
    args,
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return expectSuccess(await outputOf(child.spawn())).stdout;
}
