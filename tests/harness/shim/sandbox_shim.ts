/** A shim that holds a pod without a pause container, driven as containerd 2.3 does with `sandboxer = "shim"`. */
import { Empty } from "../../../proto/mod.ts";
import * as proto from "../../../proto/sandbox/mod.ts";
import type { PrivateContainerd } from "../containerd/private_containerd.ts";
import { eventually } from "../expect/eventually.ts";
import { isAlive } from "../machine/processes.ts";
import { bootstrapParams, callStart, decodeAnswer } from "./bootstrap_caller.ts";
import { Bundle, callShim, type ProgramResult, serverPid, shimArguments } from "./direct_shim.ts";
import { TaskClient } from "./task_client.ts";

const SERVICE = "containerd.runtime.sandbox.v1.Sandbox";
const METHODS = {
  CreateSandbox: [proto.CreateSandboxRequest, Empty],
  StartSandbox: [proto.SandboxRequest, proto.StartSandboxResponse],
  Platform: [proto.SandboxRequest, proto.PlatformResponse],
  StopSandbox: [proto.StopSandboxRequest, Empty],
  WaitSandbox: [proto.SandboxRequest, proto.WaitSandboxResponse],
  SandboxStatus: [proto.SandboxStatusRequest, proto.SandboxStatusResponse],
  PingSandbox: [proto.SandboxRequest, Empty],
  ShutdownSandbox: [proto.SandboxRequest, Empty],
  SandboxMetrics: [proto.SandboxRequest, proto.SandboxMetricsResponse],
} as const;
type Methods = typeof METHODS;
type RequestOf<Name extends keyof Methods> = Parameters<Methods[Name][0]["encode"]>[0];
type AnswerOf<Name extends keyof Methods> = ReturnType<Methods[Name][1]["decode"]>;

/** NamespaceMode of CRI. */
export const POD = 0;
/** See {@linkcode POD}. */
export const CONTAINER = 1;
/** See {@linkcode POD}. */
export const NODE = 2;

/** A pod's configuration, as CRI hands it over. By default each container has a PID namespace of its own. */
export function podOptions(config: proto.PodSandboxConfig.Properties = {}) {
  const linux = { securityContext: { namespaceOptions: { pid: CONTAINER } }, ...config.linux };
  const value = proto.PodSandboxConfig.encode({ hostname: "pod-host", ...config, linux })
    .finish();
  return { typeUrl: "runtime.v1.PodSandboxConfig", value };
}

/** A network namespace that is kept by a mount. */
export async function makeNetns(path: string): Promise<AsyncDisposable> {
  await Deno.writeTextFile(path, "");
  await run("unshare", `--net=${path}`, "true");
  return {
    async [Symbol.asyncDispose]() {
      await run("umount", path);
      await Deno.remove(path);
    },
  };
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

function connect(address: string): Promise<TaskClient> {
  return TaskClient.connect(address, "containerd.task.v3.Task");
}

/** A shim that was started for a sandbox. */
export class SandboxShim {
  private constructor(
    private readonly containerd: PrivateContainerd,
    readonly id: string,
    /** Where there is a state folder like containerd's. */
    readonly state: string,
    readonly bundle: string,
    /** The server's process id. */
    readonly pid: number,
    readonly tasks: TaskClient,
    private readonly address: string,
  ) {}

  static async start(containerd: PrivateContainerd, id: string): Promise<SandboxShim> {
    const state = `${containerd.folder}/pods`;
    const { namespace } = containerd;
    const folder = `${state}/io.containerd.sandbox.controller.v1.shim/${namespace}`;
    const bundle = await Bundle.make({ ...containerd, folder, namespace }, id);
    await Deno.remove(`${bundle.path}/config.json`);
    const answer = decodeAnswer(
      await callStart(containerd, bundle, bootstrapParams(containerd, id)),
    );
    const { address } = answer;
    const pid = serverPid(address);
    return new SandboxShim(
      containerd,
      id,
      state,
      bundle.path,
      pid,
      await connect(address),
      address,
    );
  }

  /** The same shim, by a connection of its own, as a restarted containerd has it. */
  async again(): Promise<SandboxShim> {
    const { containerd, id, state, bundle, pid, address } = this;
    return new SandboxShim(containerd, id, state, bundle, pid, await connect(address), address);
  }

  /** Calls a method of the Sandbox service, for this sandbox. */
  async call<Name extends keyof Methods>(
    name: Name,
    request: RequestOf<Name> = {},
  ): Promise<AnswerOf<Name>> {
    const [requestType, answerType] = METHODS[name];
    const encode = requestType.encode as (message: object) => { finish(): Uint8Array<ArrayBuffer> };
    const payload = encode({ sandboxId: this.id, ...request }).finish();
    return answerType.decode(await this.tasks.client.call(SERVICE, name, payload)) as AnswerOf<
      Name
    >;
  }

  /** CreateSandbox and StartSandbox; answers the pid. */
  async run(netnsPath: string, options = podOptions()): Promise<number> {
    await this.call("CreateSandbox", { bundlePath: this.bundle, options, netnsPath });
    return (await this.call("StartSandbox")).pid;
  }

  /** Runs a container in the pod, as CRI does: in the namespaces of `pid`, of which `shared` are more than a pod's containers must share. */
  async runContainer(
    id: string,
    pid: number,
    script: string,
    shared: readonly "pid"[] = [],
  ): Promise<{ stdout: string }> {
    const bundle = await this.makeContainer(id, pid, script, shared);
    const stdout = `${bundle.path}.out`;
    const request = await bundle.createRequest(this.containerd);
    await this.tasks.call("Create", { ...request, stdout: `file://${stdout}` });
    await this.tasks.call("Start", { id });
    return { stdout };
  }

  /** Makes the bundle of such a container. */
  async makeContainer(
    id: string,
    pid: number,
    script: string,
    shared: readonly "pid"[] = [],
  ): Promise<Bundle> {
    const { namespace } = this.containerd;
    const folder = `${this.state}/io.containerd.runtime.v2.task/${namespace}`;
    const args = ["sh", "-c", script];
    const host = { ...this.containerd, folder, namespace };
    const bundle = await Bundle.make(host, id, { args });
    const path = `${bundle.path}/config.json`;
    const spec = JSON.parse(await Deno.readTextFile(path));
    const joined = ["network", "ipc", "uts", ...shared].map((type) => ({
      type,
      path: `/proc/${pid}/ns/${type === "network" ? "net" : type}`,
    }));
    const own = shared.includes("pid") ? ["mount"] : ["mount", "pid"];
    spec.linux.namespaces = [...own.map((type) => ({ type })), ...joined];
    await Deno.writeTextFile(path, JSON.stringify(spec));
    return bundle;
  }

  /** Calls the action `delete` for the sandbox. */
  async delete(): Promise<ProgramResult> {
    const args = shimArguments(this.containerd, this.id, "-bundle", this.bundle, "delete");
    return await callShim(this.containerd, this.bundle, args);
  }

  /** Stops and shuts down, waits for the end of the server, and removes the folders. */
  async end(): Promise<void> {
    await this.shutDown();
    await this.remove();
  }

  /** ShutdownSandbox, and the end of the connection. */
  async shutDown(): Promise<void> {
    await this.call("ShutdownSandbox");
    this.tasks.client.close();
  }

  /** Removes what there is of a server that has ended or is about to. */
  async remove(): Promise<void> {
    await eventually("an end of the server", () => !isAlive(this.pid) || undefined);
    await Deno.remove(this.state, { recursive: true });
  }
}
