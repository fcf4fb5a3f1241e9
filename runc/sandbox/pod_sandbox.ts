/** A pod without a pause container: the Sandbox service, a method for each RPC. */
import { basename } from "@std/path/posix";
import type {
  CreateSandboxRequest,
  PlatformResponse,
  SandboxMetricsResponse,
  SandboxRequest,
  SandboxStatusRequest,
  SandboxStatusResponse,
  StartSandboxResponse,
  StopSandboxRequest,
  WaitSandboxResponse,
} from "../../proto/sandbox/mod.ts";
import {
  type Call,
  orWarn,
  type Sandbox,
  type Shim,
  StatusCode,
  StatusError,
  toTimestamp,
} from "../../shim/mod.ts";
import { Serial } from "../../shim/common/serial.ts";
import { after } from "../../shim/common/timer.ts";
import { readStatsAt } from "../cgroup/stats.ts";
import { addMounts } from "./container_mounts.ts";
import {
  type HeldNamespaces,
  holdNamespaces,
  type PodToHold,
  type RunInit,
} from "./held_namespaces.ts";
import { isNetwork, readPodConfig } from "./pod_config.ts";
import { makePodFiles, type PodFile, removePodFiles } from "./pod_files.ts";
import { encodeSpec, podInfo, podSpec } from "./pod_spec.ts";

/** How often it is looked whether a pod that was created can still be started, and how long that may take, in ms. */
const LOOK_MS = 5_000;
const START_MS = 600_000;

/** A pod that was created, and what there is of it. */
interface Pod extends PodToHold {
  readonly files: readonly PodFile[];
  readonly createdAt: Date;
  /** From StartSandbox on. */
  namespaces?: HeldNamespaces;
  /** From StopSandbox on, or from when its namespaces were lost. */
  end?: { readonly status: number; readonly at: Date };
  /** From StopSandbox on. */
  isReleased?: boolean;
}

/** The sandbox of a server, of which it has one or none. */
export class PodSandbox implements Sandbox {
  readonly #stopped = Promise.withResolvers<void>();
  #pod: Pod | undefined;
  /** The id of the sandbox that there was, from ShutdownSandbox on. */
  #shutDown: string | undefined;
  /** All that makes, starts, stops or removes the pod. */
  readonly #changes = new Serial();

  /**
   * @param onCreate Called before there is a sandbox.
   * @param onShutdown Called when the sandbox is gone, so that the server may end.
   */
  constructor(
    private readonly shim: Shim,
    private readonly runInit: RunInit,
    private readonly onCreate: () => void,
    private readonly onShutdown: (id: string, call: Call) => Promise<void>,
  ) {}

  /** The id of the pod that is held; undefined before CreateSandbox and after ShutdownSandbox. */
  get id(): string | undefined {
    return this.#pod?.id;
  }

  createSandbox(
    { sandboxId, bundlePath, options, netnsPath }: CreateSandboxRequest,
  ): Promise<void> {
    return this.#changes.run(async () => {
      // `delete` is called for that one alone.
      const own = basename(this.shim.bundle);
      if (sandboxId !== own) {
        const message = `expected the sandbox ${own}, not "${sandboxId}"`;
        throw new StatusError(StatusCode.INVALID_ARGUMENT, message);
      }
      this.#expectNotShutDown();
      if (this.#pod !== undefined) {
        const message = `this server has the sandbox ${own} already`;
        throw new StatusError(StatusCode.ALREADY_EXISTS, message);
      }
      const config = readPodConfig(options, netnsPath);
      this.onCreate();
      const files = await makePodFiles(bundlePath, config);
      this.#pod = { id: sandboxId, bundle: bundlePath, config, files, createdAt: new Date() };
      this.#watchStart(this.#pod);
    });
  }

  /**
   * Ends the server when its pod is not started: containerd forgets both where it can't get the pause image, which it wants to have by
   * then, though it has no use for it. The pod's network goes then; where it has none, only time tells.
   */
  #watchStart(pod: Pod): void {
    const look = async () => {
      if (this.#pod !== pod || pod.namespaces !== undefined) return;
      const { createdAt, config: { network } } = pod;
      const isExpected = Date.now() - createdAt.getTime() < START_MS;
      if (isExpected && (network === undefined || isNetwork(network))) {
        return this.#watchStart(pod);
      }
      this.shim.logger.warn("ends, as nobody starts its sandbox", { id: pod.id });
      await this.#remove(pod);
      this.shim.shutdown();
    };
    after(LOOK_MS, () => {
      void orWarn(this.shim.logger, "end a sandbox", () => this.#changes.run(look));
    });
  }

  startSandbox({ sandboxId }: SandboxRequest): Promise<StartSandboxResponse.Properties> {
    return this.#changes.run(async () => {
      const pod = this.#find(sandboxId);
      if (pod.namespaces !== undefined || pod.end !== undefined) {
        const message = `the sandbox ${sandboxId} has been started`;
        throw new StatusError(StatusCode.FAILED_PRECONDITION, message);
      }
      const { pid, ended } = pod.namespaces = await this.#hold(pod);
      ended?.then(({ status, exitedAt }) => this.#end(pod, status, exitedAt));
      const spec = encodeSpec(podSpec(pod.config, pid));
      return { pid, createdAt: toTimestamp(pod.createdAt), spec };
    });
  }

  #hold(pod: Pod): Promise<HeldNamespaces> {
    const { shim } = this;
    return holdNamespaces(pod, this.runInit, (error) => {
      shim.logger.error("can't leave a pod's namespaces: the server ends", { error });
      return shim.abort();
    });
  }

  /** From now on the pod is not ready. */
  #end(pod: Pod, status: number, at: Date): void {
    if (pod.end !== undefined) return;
    pod.end = { status, at };
    this.#stopped.resolve();
  }

  platform({ sandboxId }: SandboxRequest): PlatformResponse {
    this.#find(sandboxId);
    // As Go has them.
    const architecture = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
    return { platform: { os: "linux", architecture, variant: "" } };
  }

  stopSandbox({ sandboxId }: Pick<StopSandboxRequest, "sandboxId">): Promise<void> {
    return this.#changes.run(() => this.#stop(this.#find(sandboxId)));
  }

  async #stop(pod: Pod): Promise<void> {
    if (pod.isReleased) return;
    this.#end(pod, 0, new Date());
    await pod.namespaces?.release();
    await removePodFiles(pod.bundle);
    pod.isReleased = true;
  }

  async waitSandbox({ sandboxId }: SandboxRequest): Promise<WaitSandboxResponse> {
    const pod = this.#find(sandboxId);
    await this.#stopped.promise;
    const { status, at } = pod.end!;
    return { exitStatus: status, exitedAt: toTimestamp(at) };
  }

  sandboxStatus({ sandboxId, verbose }: SandboxStatusRequest): SandboxStatusResponse {
    const { id, config, namespaces, createdAt, end } = this.#find(sandboxId);
    const isReady = namespaces !== undefined && end === undefined;
    const pid = isReady ? namespaces.pid : 0;
    return {
      sandboxId: id,
      pid,
      state: isReady ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
      info: verbose ? podInfo(config, pid) : {},
      createdAt: toTimestamp(createdAt),
      exitedAt: end === undefined ? null : toTimestamp(end.at),
      extra: null,
    };
  }

  pingSandbox({ sandboxId }: SandboxRequest): void {
    this.#find(sandboxId);
  }

  async shutdownSandbox({ sandboxId }: SandboxRequest, call: Call): Promise<void> {
    await this.#changes.run(async () => {
      // Where CreateSandbox has failed, containerd asks all the same.
      if (this.#pod === undefined) return;
      await this.#remove(this.#find(sandboxId));
    });
    await this.onShutdown(sandboxId, call);
  }

  async #remove(pod: Pod): Promise<void> {
    await this.#stop(pod);
    this.#shutDown = pod.id;
    this.#pod = undefined;
  }

  #expectNotShutDown(): void {
    if (this.#shutDown === undefined) return;
    const message = `the sandbox ${this.#shutDown} has been shut down`;
    throw new StatusError(StatusCode.FAILED_PRECONDITION, message);
  }

  sandboxMetrics({ sandboxId }: SandboxRequest): SandboxMetricsResponse.Properties {
    const { id, config: { cgroupParent } } = this.#find(sandboxId);
    const timestamp = toTimestamp(new Date());
    // Without one its containers are below a cgroup that is not the pod's alone.
    const data = cgroupParent === "" ? undefined : readStatsAt(cgroupParent);
    if (data !== undefined) return { metrics: { timestamp, id, data } };
    throw new StatusError(StatusCode.NOT_FOUND, `the sandbox ${id} has no cgroup of its own`);
  }

  /**
   * Gives a container the files of its pod.
   * @throws {StatusError} FAILED_PRECONDITION if the pod is not ready, or not any more.
   */
  async prepare(bundle: string): Promise<void> {
    this.#expectNotShutDown();
    if (this.#pod === undefined) return;
    const { id, namespaces, end, files } = this.#pod;
    if (namespaces === undefined || end !== undefined) {
      throw new StatusError(StatusCode.FAILED_PRECONDITION, `the sandbox ${id} is not ready`);
    }
    await addMounts(bundle, files);
  }

  #find(id: string): Pod {
    if (this.#pod?.id === id) return this.#pod;
    throw new StatusError(StatusCode.NOT_FOUND, `there is no sandbox ${id}`);
  }
}
