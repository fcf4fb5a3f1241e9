/** A shim that holds a pod without a pause container, driven as containerd 2.3 does with `sandboxer = "shim"`. */
import { type Any, Empty } from "../../../proto/mod.ts";
import { dirname } from "@std/path";
import * as proto from "../../../proto/sandbox/mod.ts";
import type { PrivateContainerd } from "../containerd/private_containerd.ts";
import { eventually } from "../expect/eventually.ts";
import { isAlive } from "../machine/processes.ts";
import { run } from "../machine/shell.ts";
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

/** Calls a method of the Sandbox service. */
export async function callSandbox<Name extends keyof Methods>(
  { client }: TaskClient,
  name: Name,
  request: RequestOf<Name>,
): Promise<AnswerOf<Name>> {
  const [requestType, answerType] = METHODS[name];
  const encode = requestType.encode as (message: object) => { finish(): Uint8Array<ArrayBuffer> };
  const answer = await client.call(SERVICE, name, encode(request).finish());
  return answerType.decode(answer) as AnswerOf<Name>;
}

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

/** A range of ids of a user namespace, as CRI has it. */
export type IdMapping = Required<proto.IDMapping.Properties>;

/** The users of a pod in a user namespace, and its groups. */
export const USERS: IdMapping = { containerId: 0, hostId: 200_000, length: 65536 };

/** A pod's configuration with a user namespace that has these mappings, both of users and of groups. */
export function mappedOptions(
  mappings: readonly IdMapping[] = [USERS],
  { pid = CONTAINER, ...namespaces }: { pid?: number; network?: number; ipc?: number } = {},
  sysctls = {},
) {
  const usernsOptions = { mode: POD, uids: mappings, gids: mappings };
  const securityContext = { namespaceOptions: { pid, ...namespaces, usernsOptions } };
  return podOptions({ linux: { sysctls, securityContext } });
}

/** A network namespace that is kept by a mount, and belongs to a new user namespace if there is a `mapping`. */
export async function makeNetns(path: string, mapping?: IdMapping): Promise<AsyncDisposable> {
  await Deno.writeTextFile(path, "");
  if (mapping === undefined) await run("unshare", `--net=${path}`, "true");
  else await makeMappedNetns(path, mapping);
  return {
    async [Symbol.asyncDispose]() {
      await run("umount", path);
      await Deno.remove(path);
    },
  };
}

/** As containerd does: the user namespace has no other holder than the network's. */
async function makeMappedNetns(path: string, mapping: IdMapping): Promise<void> {
  const args = ["--user", "--net", "cat"];
  const command = new Deno.Command("unshare", { args, stdin: "piped", stdout: "piped" });
  await using child = command.spawn();
  const input = child.stdin.getWriter();
  await input.write(Uint8Array.of(0));
  // When it answers, it is in there.
  for await (const _ of child.stdout) {
    const { containerId, hostId, length } = mapping;
    for (const kind of ["uid", "gid"]) {
      const line = `${containerId} ${hostId} ${length}\n`;
      await Deno.writeTextFile(`/proc/${child.pid}/${kind}_map`, line);
    }
    await run("mount", "--bind", `/proc/${child.pid}/ns/net`, path);
    await input.close();
  }
}

function connect(address: string): Promise<TaskClient> {
  return TaskClient.connect(address, "containerd.task.v3.Task");
}

/** What a container shares with its pod, beside what all do, and what else of it is to be another way. */
interface Shared {
  pids?: boolean;
  /** The mapping of the pod's user namespace. */
  users?: IdMapping;
  /** Of its root file system. */
  readonly?: boolean;
  /** Of its cgroup, which has the container's id for its name. */
  cgroupParent?: string;
  /** Of the runtime. */
  options?: Any.Properties;
}

/** A copy of a root file system that is the root's of a user namespace. */
async function ownRootfs(bundle: Bundle, rootfs: string, { hostId }: IdMapping) {
  const source = `${bundle.path}/snapshot`;
  await run("cp", "--archive", rootfs, source);
  await run("chown", "--recursive", "--no-dereference", `${hostId}:${hostId}`, source);
  return { type: "bind", source, options: ["bind"] };
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

  /** @param options Of the runtime. */
  static async start(
    containerd: PrivateContainerd,
    id: string,
    options?: Any.Properties,
  ): Promise<SandboxShim> {
    const state = `${containerd.folder}/pods`;
    const { namespace } = containerd;
    const folder = `${state}/io.containerd.sandbox.controller.v1.shim/${namespace}`;
    const bundle = await Bundle.make({ ...containerd, folder, namespace }, id);
    // As containerd has it.
    await Deno.chmod(dirname(folder), 0o700);
    await Deno.remove(`${bundle.path}/config.json`);
    const params = { extensions: options ? [{ value: options }] : [] };
    const answer = await callStart(containerd, bundle, bootstrapParams(containerd, id, params));
    const { address } = decodeAnswer(answer);
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
  call<Name extends keyof Methods>(
    name: Name,
    request: RequestOf<Name> = {},
  ): Promise<AnswerOf<Name>> {
    return callSandbox(this.tasks, name, { sandboxId: this.id, ...request });
  }

  /** CreateSandbox and StartSandbox; answers the pid. */
  async run(netnsPath: string, options = podOptions()): Promise<number> {
    await this.call("CreateSandbox", { bundlePath: this.bundle, options, netnsPath });
    return (await this.call("StartSandbox")).pid;
  }

  /** Runs a container in the pod, as CRI does. */
  async runContainer(
    id: string,
    pid: number,
    script: string,
    shared: Shared = {},
  ): Promise<{ stdout: string }> {
    const bundle = await this.makeContainer(id, pid, script, shared);
    const stdout = `${bundle.path}.out`;
    const rootfs = shared.users
      ? await ownRootfs(bundle, this.containerd.rootfs, shared.users)
      : await bundle.rootfs(this.containerd);
    const { options } = shared;
    const request = { id, bundle: bundle.path, rootfs: [rootfs], options };
    await this.tasks.call("Create", { ...request, stdout: `file://${stdout}` });
    await this.tasks.call("Start", { id });
    return { stdout };
  }

  /** Makes the bundle of such a container: it is in the namespaces of `pid`. */
  async makeContainer(
    id: string,
    pid: number,
    script: string,
    { pids = false, users, readonly = false, cgroupParent }: Shared = {},
  ): Promise<Bundle> {
    const { namespace } = this.containerd;
    const folder = `${this.state}/io.containerd.runtime.v2.task/${namespace}`;
    const args = ["sh", "-c", script];
    const host = { ...this.containerd, folder, namespace };
    const bundle = await Bundle.make(host, id, { args });
    const path = `${bundle.path}/config.json`;
    const spec = JSON.parse(await Deno.readTextFile(path));
    const kinds = ["network", "ipc", "uts", ...(pids ? ["pid"] : []), ...(users ? ["user"] : [])];
    const joined = kinds.map((type) => ({
      type,
      path: `/proc/${pid}/ns/${type === "network" ? "net" : type}`,
    }));
    const own = pids ? ["mount"] : ["mount", "pid"];
    spec.linux.namespaces = [...own.map((type) => ({ type })), ...joined];
    if (users) {
      const { containerId: containerID, hostId: hostID, length: size } = users;
      spec.linux.uidMappings = spec.linux.gidMappings = [{ containerID, hostID, size }];
    }
    spec.root.readonly = readonly;
    if (cgroupParent !== undefined) spec.linux.cgroupsPath = `${cgroupParent}/${id}`;
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
