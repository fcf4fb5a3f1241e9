/** A containerd with its CRI plugin, as the kubelet drives it. */

import { StatusCode, type StatusError } from "../../../shim/ttrpc/mod.ts";
import { eventually } from "../expect/eventually.ts";
import { busyboxImage, makeBusyboxImage, makeBusyboxRootfs } from "../machine/busybox.ts";
import { cgroupFolders, removeCgroups } from "../machine/cgroups.ts";
import { Daemon } from "../machine/daemon.ts";
import { runName } from "../machine/private_mounts.ts";
import { type Process, processesOfThisRun } from "../machine/processes.ts";
import { readVersion } from "../machine/programs.ts";
import { REPOSITORY } from "../machine/repository.ts";
import { CriClient, type Message } from "./cri_client.ts";
import { PodNetwork } from "./pod_network.ts";
import {
  expectSuccess,
  outputOf,
  type Runtime,
  runtimeUnderTest,
  shimName,
} from "./private_containerd.ts";
import { RecordingRuntime } from "./runtime_options.ts";

const PAUSE_IMAGE = "localhost/pause:latest";
/** containerd's namespace for all that is the kubelet's. */
const NAMESPACE = "k8s.io";
/** Of NamespaceMode and ContainerState. */
const CONTAINER = 1;
const EXITED = 2;

/** A container, and the configuration it is made with. */
export interface PodContainer {
  containerId: string;
  /** Where its output goes, in the CRI's log format. */
  logPath: string;
}

/** A pod, made by {@linkcode PrivateCri.runPod}. */
export interface Pod {
  podSandboxId: string;
  config: Message;
}

/** What {@linkcode PrivateCri.start} takes. */
export interface CriOptions {
  /** What containerd logs, and tells its shims to log; default: `debug`. */
  readonly logLevel?: string;
  /** The parent of the pods' cgroups; default: one of its own. */
  readonly cgroup?: string;
  /** The words before containerd's command, where it is to run in a cgroup. */
  readonly enter?: readonly string[];
  /** Further handlers, by their names. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

/** A runtime as pods name it. */
export interface Handler {
  readonly runtime: Runtime;
  /** Whether its shim holds the pods (`sandboxer = "shim"`). */
  readonly isSandboxer?: boolean;
}

/**
 * A containerd with its CRI plugin, its own folders and its own sockets. The handler `ts` is configured as docs/kubernetes.md says, and
 * is the default one; the handler `recorded` has a runtime that notes how it is called.
 */
export class PrivateCri {
  readonly folder: string;
  /** The runtime of the handler `recorded`. */
  readonly recorded: RecordingRuntime;
  /** Of pods that are not in the host's. */
  readonly network: PodNetwork;
  readonly client: CriClient;
  /** The parent of the pods' cgroups. */
  readonly cgroup: string;
  readonly #daemon: Daemon;
  #pods = 0;

  private constructor(
    folder: string,
    recorded: RecordingRuntime,
    network: PodNetwork,
    client: CriClient,
    readonly options: CriOptions,
  ) {
    this.folder = folder;
    this.network = network;
    this.recorded = recorded;
    this.client = client;
    this.cgroup = options.cgroup ?? `/${runName()}-${crypto.randomUUID().slice(0, 8)}`;
    this.#daemon = new Daemon("containerd", {
      enter: options.enter,
      args: ["--config", `${folder}/config.toml`],
      programs: `${folder}/bin`,
      readyMessage: "containerd successfully booted",
    });
  }

  static async start(options: CriOptions = {}): Promise<PrivateCri> {
    const folder = await Deno.makeTempDir({ prefix: "containerd-" });
    const recorded = await RecordingRuntime.make(`${folder}/recorded`);
    const network = await PodNetwork.make(`${folder}/network`);
    const client = await CriClient.connect(`${folder}/containerd.sock`);
    const cri = new PrivateCri(folder, recorded, network, client, options);
    const further = Object.entries(options.handlers ?? {});
    const runtimes = [runtimeUnderTest(), ...further.map(([, { runtime }]) => runtime)];
    await Deno.mkdir(`${folder}/bin`);
    for (const [name, binary] of new Map(runtimes.map(({ name, binary }) => [name, binary]))) {
      await Deno.symlink(binary, `${folder}/bin/${shimName(name)}`);
    }
    await cri.boot();
    try {
      await cri.#addImages();
      // What is made with the first pod and container, for all, is there before the tests.
      const handlers = ["ts", "recorded", ...(hasSandboxes() ? ["sandboxed"] : [])];
      for (const handler of [...handlers, ...further.map(([name]) => name)]) {
        const pod = await cri.runPod(handler);
        await cri.run(pod, "first", ["true"]);
        await cri.remove(pod);
      }
    } catch (error) {
      // A pod that is left has its mounts below the folder, and this error says why.
      await cri[Symbol.asyncDispose]().catch(console.error);
      throw error;
    }
    return cri;
  }

  async #addImages(): Promise<void> {
    await makeBusyboxRootfs(`${this.folder}/busybox`);
    for (
      const [name, command] of [
        [busyboxImage, ["sh"]],
        [PAUSE_IMAGE, ["sleep", "1000000"]],
      ] as const
    ) {
      const image = await makeBusyboxImage(`${this.folder}/busybox`, `${this.folder}/image`, {
        name,
        command: [...command],
      });
      await this.#ctr("image", "import", image);
      await Deno.remove(`${this.folder}/image`, { recursive: true });
    }
  }

  async #ctr(...args: string[]): Promise<void> {
    const ctr = new Deno.Command("ctr", {
      args: ["--address", `${this.folder}/containerd.sock`, "--namespace", NAMESPACE, ...args],
      stdout: "piped",
      stderr: "piped",
    });
    expectSuccess(await outputOf(ctr.spawn()));
  }

  /** Takes the pause image away, which can't be pulled from anywhere, until it is disposed of. */
  async withoutPauseImage(): Promise<AsyncDisposable> {
    const hidden = `${PAUSE_IMAGE}-hidden`;
    const rename = async (from: string, to: string) => {
      await this.#ctr("image", "tag", from, to);
      await this.#ctr("image", "rm", from);
      // The CRI plugin learns of images some time, and when it starts.
      await this.restart();
    };
    await rename(PAUSE_IMAGE, hidden);
    return { [Symbol.asyncDispose]: () => rename(hidden, PAUSE_IMAGE) };
  }

  /** What containerd has logged since its first start. */
  get logs(): string[] {
    return [this.#daemon.log];
  }

  /**
   * Ends containerd and starts it again.
   * @param meanwhile What is done while there is none, as putting another version on the PATH.
   */
  async restart(meanwhile: () => unknown = () => {}): Promise<void> {
    await this.#daemon.stop();
    await meanwhile();
    await this.boot();
  }

  /** Ends containerd as a crash does, amid whatever it does. */
  async kill(): Promise<void> {
    await this.#daemon.stop("SIGKILL");
  }

  /** Starts containerd, which does not run. */
  async boot(): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/config.toml`, await configure(this));
    await this.#daemon.boot();
    await eventually(
      "an answer of the CRI plugin, which begins after containerd has booted",
      async () => {
        try {
          return await this.client.call("Version", {});
        } catch (error) {
          const { code, message } = error as StatusError;
          // After a restart the client may not have connected again.
          if (code !== StatusCode.UNAVAILABLE && !message.includes("not initialized")) throw error;
        }
      },
    );
  }

  /**
   * Runs a pod.
   * @param handler That of its RuntimeClass; without one it is the default.
   * @param linux Of its configuration, in place of what pods have: their cgroup in that of this containerd, and a PID namespace for
   * each container.
   * @param rest What else its configuration has.
   */
  async runPod(handler = "", linux: Message = {}, rest: Message = {}): Promise<Pod> {
    const name = `pod-${++this.#pods}`;
    const config = {
      metadata: { name, uid: name, namespace: "default" },
      logDirectory: `${this.folder}/${name}-logs`,
      linux: {
        cgroupParent: this.cgroup,
        securityContext: { namespaceOptions: { pid: CONTAINER } },
        ...linux,
      },
      ...rest,
    };
    await Deno.mkdir(config.logDirectory);
    const request = { config, runtimeHandler: handler };
    try {
      const { podSandboxId } = await this.client.call("RunPodSandbox", request);
      return { podSandboxId, config };
    } catch (error) {
      await Deno.remove(config.logDirectory, { recursive: true });
      throw error;
    }
  }

  /** Creates a container in a pod. */
  async create(
    { podSandboxId, config }: Pod,
    name: string,
    command: string[],
    { linux, ...rest }: Message = {},
  ): Promise<PodContainer> {
    const logPath = `${name}.log`;
    const image = { image: busyboxImage };
    const { securityContext } = config.linux;
    const { containerId } = await this.client.call("CreateContainer", {
      podSandboxId,
      sandboxConfig: config,
      config: {
        ...{ metadata: { name }, image, command, logPath, linux: { securityContext, ...linux } },
        ...rest,
      },
    });
    return { containerId, logPath: `${config.logDirectory}/${logPath}` };
  }

  /** Creates a container in a pod and starts it. */
  async run(...args: Parameters<PrivateCri["create"]>): Promise<PodContainer> {
    const container = await this.create(...args);
    await this.client.call("StartContainer", { containerId: container.containerId });
    return container;
  }

  /** The state of a pod: `status` of PodSandboxStatusResponse. */
  async podStatus({ podSandboxId }: Pod): Promise<Message> {
    return (await this.client.call("PodSandboxStatus", { podSandboxId })).status;
  }

  /** Ends a pod's containers and takes its network. */
  async stop({ podSandboxId }: Pod): Promise<void> {
    await this.client.call("StopPodSandbox", { podSandboxId });
  }

  /** Stops a pod, unless that has been done, and removes it. */
  async remove(pod: Pod): Promise<void> {
    await this.stop(pod);
    await this.removeStopped(pod);
  }

  /** Removes a pod that was stopped. */
  async removeStopped({ podSandboxId, config }: Pod): Promise<void> {
    await this.client.call("RemovePodSandbox", { podSandboxId });
    await Deno.remove(config.logDirectory, { recursive: true });
  }

  /** Runs a command in a container to its end. */
  async exec(
    { containerId }: PodContainer,
    ...cmd: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const answer = await this.client.call("ExecSync", { containerId, cmd, timeout: 30 });
    const decoder = new TextDecoder();
    const [stdout, stderr] = [decoder.decode(answer.stdout), decoder.decode(answer.stderr)];
    return { code: answer.exitCode, stdout, stderr };
  }

  /** Waits until a container's log has so many lines, which it may have only after the end, and answers them. */
  async untilLogged({ logPath }: PodContainer, count: number): Promise<string[]> {
    return await eventually(`${count} lines in the log`, async () => {
      const lines = (await Deno.readTextFile(logPath)).split("\n").slice(0, -1);
      return lines.length >= count ? lines : undefined;
    });
  }

  /** The state of a container: `status` of ContainerStatusResponse. */
  async status({ containerId }: PodContainer): Promise<Message> {
    return (await this.client.call("ContainerStatus", { containerId })).status;
  }

  /** Waits for the end of a container, and answers its {@linkcode status}. */
  async end(container: PodContainer): Promise<Message> {
    return await eventually("an end of the container", async () => {
      const status = await this.status(container);
      return status.state === EXITED ? status : undefined;
    });
  }

  /** The servers of shims. */
  shims(): Process[] {
    const found = processesOfThisRun().filter(({ command }) =>
      command.includes("-namespace") && command.includes(NAMESPACE)
    );
    // What a server starts has its command line until it is another program.
    return found.filter(({ parent }) => !found.some(({ pid }) => pid === parent));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#daemon.stop();
    await this.network[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
    await Deno.remove(`/run/containerd/runc/${NAMESPACE}`);
    await removeCgroups(cgroupFolders(this.cgroup.slice(1)));
  }
}

/** Whether containerd lets a shim hold pods (`sandboxer = "shim"`), from 2.3 on, and the shim under test can do it: Go's can't. */
export function hasSandboxes(): boolean {
  if (runtimeUnderTest().name === "io.containerd.runc.v2") return false;
  const [major, minor] = readVersion("containerd").split(".").map(Number);
  return major > 2 || major === 2 && minor >= 3;
}

const PLUGIN = '"io.containerd.grpc.v1.cri"';
/** Where containerd has what is to be configured: 2.0 has split the plugin, and so has a new version of its configuration. */
const BEFORE_2 = { version: 2, runtime: PLUGIN, pauseImage: [PLUGIN, "sandbox_image"] };
const SINCE_2 = {
  version: 3,
  runtime: '"io.containerd.cri.v1.runtime"',
  pauseImage: ['"io.containerd.cri.v1.images".pinned_images', "sandbox"],
};

/** What docs/kubernetes.md says for the version of containerd that is here, and what makes it private. */
async function configure({ folder, network, recorded, options }: PrivateCri): Promise<string> {
  const containerd = readVersion("containerd");
  const runtimeOptions = `BinaryName = "${recorded.path}"\nRoot = "${folder}/runtime"`;
  const { version, runtime, pauseImage } = containerd < "2" ? BEFORE_2 : SINCE_2;
  // containerd 1.6 passes on only the path of a file to runtimes of other names than runc's.
  const isRuncs = runtimeUnderTest().name === "io.containerd.runc.v2";
  await Deno.writeTextFile(`${folder}/options.toml`, runtimeOptions);
  const tables = Map.groupBy([
    [pauseImage[0], `${pauseImage[1]} = "${PAUSE_IMAGE}"`],
    [PLUGIN, 'stream_server_address = "127.0.0.1"\nstream_server_port = "0"'],
    [runtime, "restrict_oom_score_adj = true\ndisable_apparmor = true"],
    [runtime, "netns_mounts_under_state_dir = true"],
    [runtime, "disable_hugetlb_controller = true\ntolerate_missing_hugetlb_controller = true"],
  ], ([table]) => table);
  const text = [...tables].map(([table, lines]) =>
    `[plugins.${table}]\n${lines.map(([, line]) => line).join("\n")}`
  );
  // docs/kubernetes.md, "Without a pause container".
  const sandboxed = { sandboxed: { runtime: runtimeUnderTest(), isSandboxer: true } };
  const handlers = Object.entries({ ...(hasSandboxes() ? sandboxed : {}), ...options.handlers })
    .map(([name, { runtime: { name: type }, isSandboxer = false }]) =>
      `[plugins.${runtime}.containerd.runtimes.${name}]
runtime_type = "${type}"
${isSandboxer ? 'sandboxer = "shim"\n' : ""}`
    );
  return `root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
${await documentedConfiguration(version)}
[grpc]
address = "${folder}/containerd.sock"
[debug]
level = "${options.logLevel ?? "debug"}"
${text.join("\n")}
[plugins.${runtime}.cni]
bin_dir = "${network.plugins}"
conf_dir = "${network.configuration}"
[plugins.${runtime}.containerd]
default_runtime_name = "ts"
[plugins.${runtime}.containerd.runtimes.recorded]
runtime_type = "${runtimeUnderTest().name}"
[plugins.${runtime}.containerd.runtimes.recorded.options]
${containerd < "1.7" && !isRuncs ? `ConfigPath = "${folder}/options.toml"` : runtimeOptions}
${handlers.join("")}`;
}

const DOCUMENTATION = `${REPOSITORY}docs/kubernetes.md`;

/** The handler of the RuntimeClass in docs/kubernetes.md. */
export async function documentedHandler(): Promise<string> {
  return (await Deno.readTextFile(DOCUMENTATION)).match(/^handler: (.+)$/m)![1];
}

async function documentedConfiguration(version: number): Promise<string> {
  const blocks = (await Deno.readTextFile(DOCUMENTATION)).matchAll(/```toml\n(.*?)```/gs);
  const block = [...blocks].map(([, toml]) => toml).find((toml) =>
    toml.startsWith(`version = ${version}\n`)
  );
  if (block === undefined) {
    throw new Error(`expected a configuration of version ${version} in ${DOCUMENTATION}`);
  }
  return block.replaceAll("io.containerd.ts.v2", runtimeUnderTest().name);
}
