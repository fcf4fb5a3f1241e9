import { busyboxImage, makeBusyboxImage, makeBusyboxRootfs } from "../machine/busybox.ts";
import { cgroupFolders, removeCgroups } from "../machine/cgroups.ts";
import { Daemon } from "../machine/daemon.ts";
import { inPrivateMounts, runName } from "../machine/private_mounts.ts";
import { findProcess } from "../machine/processes.ts";
import { expectProgram } from "../machine/programs.ts";
import { REPOSITORY } from "../machine/repository.ts";
import type { RootlessUser } from "../machine/rootless_user.ts";
import { EventRecorder } from "./event_recorder.ts";

/** A shim under test: the runtime's name for containerd (`io.containerd.ts.v2`), and its program's path. */
export interface Runtime {
  name: string;
  binary: string;
}

/** How a command ended. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What {@linkcode PrivateContainerd.start} takes beside runtimes. */
export interface ContainerdOptions {
  /** Who runs it, and ctr; root by default. It is gone when containerd is. */
  user?: RootlessUser;
  /** Those of the plugins that are turned off by default which are needed. */
  plugins?: readonly string[];
}

/**
 * Turned off: not needed here, slow to load, or writing outside of the private folder. Some are of one version only: containerd ignores
 * the names that it does not know.
 */
const disabledPlugins = [
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.differ.v1.erofs",
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart",
  "io.containerd.internal.v1.tracing",
  "io.containerd.monitor.container.v1.restart",
  "io.containerd.nri.v1.nri",
  "io.containerd.podsandbox.controller.v1.podsandbox",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.native",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.ttrpc.v1.otelttrpc",
];

/**
 * The runtime that the environment names: `SHIM_RUNTIME` (default `io.containerd.ts.v2`) and `SHIM_BINARY`
 * (default: what `deno task build` makes; for another runtime the program of that name on the PATH).
 */
export function runtimeUnderTest(): Runtime {
  const name = Deno.env.get("SHIM_RUNTIME") ?? "io.containerd.ts.v2";
  const built = `${REPOSITORY}dist/containerd-shim-ts-v2`;
  const standard = name === "io.containerd.ts.v2" ? built : expectProgram(shimName(name));
  return { name, binary: Deno.env.get("SHIM_BINARY") ?? standard };
}

/** The name of a runtime's program: `containerd-shim-runc-v2` for `io.containerd.runc.v2`. */
export function shimName(runtime: string): string {
  return `containerd-shim-${runtime.split(".").slice(-2).join("-")}`;
}

/**
 * A containerd with its own root, state, sockets and configuration in a temporary folder, and a containerd
 * namespace of its own, which makes its cgroups its own, too. Needs the private mounts of
 * `enterPrivateMounts`. The busybox image is imported, so that containers get overlay snapshots.
 *
 * ```ts
 * await using containerd = await PrivateContainerd.start();
 * const { code, stdout } = await containerd.run(["--rm"], "box", "echo", "hello");
 * ```
 */
export class PrivateContainerd {
  /** The folder of everything. */
  readonly folder: string;
  /** The path of the gRPC socket; the ttrpc socket is `<address>.ttrpc`. */
  readonly address: string;
  /** containerd's namespace, unique on this machine; also the folder of the containers' cgroups. */
  readonly namespace: string;
  /** The runtime of {@linkcode run}. */
  readonly runtime: Runtime;
  /** A busybox root file system as a plain folder, for `ctr run --rootfs`. */
  readonly rootfs: string;

  /** Who runs it, and ctr; undefined for root. */
  readonly user: RootlessUser | undefined;
  readonly #disabledPlugins: readonly string[];
  readonly #daemon: Daemon;
  #execs = 0;

  private constructor(
    folder: string,
    runtime: Runtime,
    { user, plugins = [] }: ContainerdOptions,
  ) {
    this.folder = folder;
    this.address = `${folder}/containerd.sock`;
    this.namespace = `${runName()}-${crypto.randomUUID().slice(0, 8)}`;
    this.runtime = runtime;
    this.rootfs = `${folder}/busybox`;
    this.user = user;
    this.#disabledPlugins = disabledPlugins.filter((name) => !plugins.includes(name));
    this.#daemon = new Daemon("containerd", {
      enter: user?.enter,
      args: ["--config", `${folder}/config.toml`],
      programs: `${folder}/bin`,
      readyMessage: "containerd successfully booted",
    });
  }

  /**
   * Starts a containerd that finds the programs of `runtimes`, the first of which is the one that
   * {@linkcode run} uses.
   */
  static async start(
    runtimes: Runtime[] = [runtimeUnderTest()],
    options: ContainerdOptions = {},
  ): Promise<PrivateContainerd> {
    const { user } = options;
    if (!inPrivateMounts()) {
      throw new Error(
        "a private containerd needs private mounts: use `deno task test`, or call enterPrivateMounts() first",
      );
    }
    // From 2.2 on ctr tells of what is deprecated, such as cgroup v1, among the standard error of what it runs.
    Deno.env.set("CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS", "true");
    const folder = await Deno.makeTempDir({ prefix: "containerd-" });
    await user?.own(folder);
    const containerd = new PrivateContainerd(folder, runtimes[0], options);
    await Deno.mkdir(`${folder}/bin`);
    for (const { name, binary } of runtimes) {
      await Deno.stat(binary).catch((error) => {
        throw new Error(`expected the shim of ${name} at ${binary}: ${error.message}`);
      });
      await Deno.symlink(binary, `${folder}/bin/${shimName(name)}`);
    }
    await Deno.writeTextFile(`${folder}/config.toml`, containerd.#configuration());
    try {
      await containerd.boot();
      await makeBusyboxRootfs(containerd.rootfs);
      const image = await makeBusyboxImage(containerd.rootfs, `${folder}/image`);
      expectSuccess(await containerd.ctr("image", "import", image));
      await Deno.remove(`${folder}/image`, { recursive: true });
    } catch (error) {
      await containerd[Symbol.asyncDispose]();
      throw error;
    }
    return containerd;
  }

  /** What containerd has logged since the first start, shims' logs included. */
  get log(): string {
    return this.#daemon.log;
  }

  /** {@linkcode log}, as the tests that share this daemon want it. */
  get logs(): string[] {
    return [this.log];
  }

  /** Starts the daemon and waits until it says that it has booted. */
  async boot(): Promise<void> {
    await this.#daemon.boot();
  }

  /**
   * Like {@linkcode boot}, but the shims that run find no socket for their events until the answered function is called: for a test that
   * has to subscribe before they send what they have kept. It needs a {@linkcode restart} then, before it starts other shims.
   */
  async bootUnheard(): Promise<() => Promise<void>> {
    const socket = `${this.address}.ttrpc`;
    const other = `${this.address}.other`;
    await Deno.remove(socket).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    const path = `${this.folder}/config.toml`;
    await Deno.writeTextFile(path, `${this.#configuration()}[ttrpc]\n  address = "${other}"\n`);
    try {
      await this.boot();
    } finally {
      await Deno.writeTextFile(path, this.#configuration());
    }
    return () => Deno.rename(other, socket);
  }

  /** Ends the daemon, not its shims, and waits for that. Without effect where it does not run. */
  async stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#daemon.stop(signal);
  }

  /** {@linkcode stop} and {@linkcode boot}. */
  async restart(signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.stop(signal);
    await this.boot();
  }

  /** Waits until what containerd has logged since its {@linkcode log} was `from` long matches `pattern`. */
  async untilLogged(pattern: RegExp, from: number): Promise<void> {
    await this.#daemon.untilLogged(pattern, from);
  }

  /** The daemon's process id. */
  get pid(): number {
    return this.#daemon.pid;
  }

  /** Runs `ctr` with the address and namespace of this containerd, and waits for its end. */
  async ctr(...args: string[]): Promise<CommandResult> {
    return await outputOf(this.spawnCtr(args, { stdin: "null" }));
  }

  /**
   * Like {@linkcode ctr}, with `input` on its standard input, which is then closed. Not for `ctr run`: that
   * of 1.6 overlooks an end of its input that comes before the task has started.
   */
  async ctrWithInput(input: string | Uint8Array, ...args: string[]): Promise<CommandResult> {
    const child = this.spawnCtr(args);
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    const [result] = await Promise.all([
      outputOf(child),
      new Blob([new Uint8Array(bytes)]).stream().pipeTo(child.stdin),
    ]);
    return result;
  }

  /** Starts `ctr` in the background, its standard streams piped unless `streams` says otherwise. */
  spawnCtr(
    args: string[],
    streams: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr"> = {},
  ): Deno.ChildProcess {
    const common = ["--address", this.address, "--namespace", this.namespace];
    const [program, ...words] = [...(this.user?.enter ?? []), "ctr", ...common, ...args];
    return new Deno.Command(program, {
      args: words,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...streams,
    }).spawn();
  }

  /** `ctr run <flags> <the busybox image> <id> <command>` with the runtime under test. */
  async run(flags: string[], id: string, ...command: string[]): Promise<CommandResult> {
    return await this.ctr(...this.runArguments(flags, id, ...command));
  }

  /** The arguments with which {@linkcode run} calls ctr. */
  runArguments(flags: string[], id: string, ...command: string[]): string[] {
    return ["run", "--runtime", this.runtime.name, ...flags, busyboxImage, id, ...command];
  }

  /** {@linkcode run} with `--detach` and no further flags, which is expected to succeed. */
  async runDetached(id: string, ...command: string[]): Promise<void> {
    expectSuccess(await this.run(["--detach"], id, ...command));
  }

  /** `ctr task exec` of `command` in container `id`, with an exec id of its own. */
  async exec(id: string, ...command: string[]): Promise<CommandResult> {
    return await this.ctr(...this.execArguments([], id, ...command));
  }

  /** `ctr task exec --detach` of `command` in container `id`, which is expected to succeed. */
  async execDetached(id: string, execId: string, ...command: string[]): Promise<void> {
    const flags = ["--detach", "--exec-id", execId];
    expectSuccess(await this.ctr("task", "exec", ...flags, id, ...command));
  }

  /** The arguments with which {@linkcode exec} calls ctr, with `flags` besides. */
  execArguments(flags: string[], id: string, ...command: string[]): string[] {
    return ["task", "exec", "--exec-id", `exec-${++this.#execs}`, ...flags, id, ...command];
  }

  /** Kills and removes the tasks `ids`, and then their containers. */
  async remove(...ids: string[]): Promise<void> {
    for (const id of ids) expectSuccess(await this.ctr("task", "rm", "--force", id));
    expectSuccess(await this.ctr("containers", "rm", ...ids));
  }

  /** Follows containerd's events from now on. */
  async recordEvents(): Promise<EventRecorder> {
    return await EventRecorder.start(this);
  }

  /** The tasks as `ctr task ls` lists them, by id. Status is `RUNNING`, `STOPPED`, … */
  async tasks(): Promise<Map<string, { pid: number; status: string }>> {
    const { stdout } = expectSuccess(await this.ctr("task", "ls"));
    const rows = stdout.trim().split("\n").slice(1).map((line) => line.split(/\s+/));
    return new Map(rows.map(([id, pid, status]) => [id, { pid: Number(pid), status }]));
  }

  /**
   * The processes of a container by their ids, each with the exec id that it has, if any, in the order and as `ctr task ps` tells:
   * `-`, `&ProcessDetails{ExecID:visitor,…}` up to containerd 1.6, and `exec_id:"visitor"` from 1.7 on.
   */
  async processes(id: string): Promise<Map<number, string | undefined>> {
    const { stdout } = expectSuccess(await this.ctr("task", "ps", id));
    const [header, ...rows] = stdout.trim().split("\n");
    const parsed = rows.map((row) => row.match(/^(\d+) +(?:-|.*ExecID:(.*?),.*|exec_id:"(.*)")$/));
    if (!/^PID +INFO$/.test(header.trim()) || parsed.includes(null)) {
      throw new Error(`expected the table of \`ctr task ps\`, not ${stdout}`);
    }
    return new Map(parsed.map((row) => [Number(row![1]), row![2] ?? row![3]]));
  }

  /** The process id of a container's init. */
  async taskPid(id: string): Promise<number> {
    const task = (await this.tasks()).get(id);
    if (!task) throw new Error(`expected a task ${id} and there is none`);
    return task.pid;
  }

  /** The process id of the shim of a running container: the parent of its init. */
  async shimPid(id: string): Promise<number> {
    const pid = await this.taskPid(id);
    const init = findProcess(pid);
    if (!init) throw new Error(`expected ${id}'s init to run as process ${pid} and there is none`);
    return init.parent;
  }

  /** The bundle of a container. */
  bundle(id: string): string {
    return `${this.folder}/state/io.containerd.runtime.v2.task/${this.namespace}/${id}`;
  }

  /**
   * How to reach the shim of a container: as containerd finds it again after a restart, by a file of its own from 1.7 on, and before by
   * one of the shim's.
   */
  async findShim(id: string): Promise<{ address: string; version: number }> {
    const read = (name: string) => Deno.readTextFile(`${this.bundle(id)}/${name}`);
    try {
      return JSON.parse(await read("bootstrap.json"));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      const address = await read("address");
      return address.startsWith("{") ? JSON.parse(address) : { address, version: 2 };
    }
  }

  /** Ends the daemon and removes what it and runc left. Containers are the caller's to remove before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.user?.[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
    // What runc makes for a container it removes, but not the namespace's folder around it, nor crun what it makes there for all.
    for (const name of [`${this.namespace}/.empty-directory`, this.namespace]) {
      await Deno.remove(`/run/containerd/runc/${name}`).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    await removeCgroups(cgroupFolders(this.namespace));
  }

  #configuration(): string {
    return `version = 2
root = "${this.folder}/root"
state = "${this.folder}/state"
disabled_plugins = ${JSON.stringify(this.#disabledPlugins)}
[grpc]
  address = "${this.address}"
[debug]
  level = "debug"
[plugins."io.containerd.runtime.v1.linux"]
  shim_debug = true
`;
  }
}

/** Collects the output of a child process until it ends. */
export async function outputOf(child: Deno.ChildProcess): Promise<CommandResult> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Answers `result` where its exit code is 0, and throws its standard error else. */
export function expectSuccess(result: CommandResult): CommandResult {
  if (result.code === 0) return result;
  throw new Error(`expected exit code 0 and got ${result.code}: ${result.stderr}${result.stdout}`);
}
