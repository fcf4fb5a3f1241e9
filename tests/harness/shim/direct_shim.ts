/** A shim without containerd between: its program called by command line, its server by ttrpc. */

import { Any, type CreateTaskRequest, type Mount } from "../../../proto/mod.ts";
import { StatusCode } from "../../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../containerd/private_containerd.ts";
import { eventually } from "../expect/eventually.ts";
import { descriptorsOf, isServing, processesOfThisRun } from "../machine/processes.ts";
import { processSpec, TaskClient } from "./task_client.ts";

/** What a shim is given of containerd, which need not run. */
export type Host = Pick<
  PrivateContainerd,
  "folder" | "address" | "namespace" | "rootfs" | "runtime"
>;

/** How a call of the shim's program ended. */
export interface ProgramResult {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

/** What {@linkcode Bundle.make} takes. */
export interface BundleOptions {
  /** Default: `sleep 1000`. */
  args?: string[];
  annotations?: Record<string, string>;
  /** As the OCI spec has them. */
  hooks?: object;
  /** The container shares the PID namespace of the host, so that its init's end ends nothing else in it. */
  hostPidNamespace?: boolean;
  /** Runtime options for `start`, on its standard input. */
  options?: Any.Properties;
  /** Of init; false by default. */
  terminal?: boolean;
}

/** What {@linkcode DirectShim.create} and {@linkcode DirectShim.exec} take: paths of FIFOs, or URIs. */
export interface StreamPaths {
  stdin?: string;
  stdout?: string;
  stderr?: string;
  /** Of init: as the bundle says. */
  terminal?: boolean;
}

const MOUNTS = [
  { destination: "/proc", type: "proc", source: "proc" },
  // runc from 1.2 on can't make its links in a /dev where they are already.
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"] },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["newinstance", "ptmxmode=0666", "mode=0620"],
  },
];

/** A bundle as containerd makes it: `config.json`, an empty `rootfs`, and the FIFO `log`, which it reads. */
export class Bundle {
  readonly id: string;
  /** The folder, named by the id, as the Go shim's `delete` expects it. */
  readonly path: string;
  readonly #log: Deno.FsFile;

  private constructor(id: string, path: string, log: Deno.FsFile) {
    this.id = id;
    this.path = path;
    this.#log = log;
  }

  static async make(
    containerd: Host,
    id: string,
    options: BundleOptions = {},
  ): Promise<Bundle> {
    const { args = ["sleep", "1000"], annotations = {}, hooks, terminal = false } = options;
    const path = `${containerd.folder}/${id}`;
    await Deno.mkdir(`${path}/rootfs`, { recursive: true });
    const own = ["mount", "ipc", "uts", "network", ...(options.hostPidNamespace ? [] : ["pid"])];
    const namespaces = own.map((type) => ({ type }));
    const spec = {
      ociVersion: "1.0.2",
      process: { args, terminal, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } },
      root: { path: "rootfs" },
      mounts: MOUNTS,
      annotations,
      hooks,
      linux: { namespaces, cgroupsPath: `/${containerd.namespace}/${id}` },
    };
    await Deno.writeTextFile(`${path}/config.json`, JSON.stringify(spec));
    await new Deno.Command("mkfifo", { args: [`${path}/log`] }).output();
    return new Bundle(id, path, await Deno.open(`${path}/log`, { read: true, write: true }));
  }

  /** A mount of busybox for the root file system, by overlay, as a snapshotter hands it over. */
  async rootfs(containerd: Host): Promise<Mount.Properties> {
    const upper = `${this.path}/snapshot/fs`;
    const work = `${this.path}/snapshot/work`;
    await Deno.mkdir(upper, { recursive: true });
    await Deno.mkdir(work, { recursive: true });
    const options = [`lowerdir=${containerd.rootfs}`, `upperdir=${upper}`, `workdir=${work}`];
    return { type: "overlay", source: "overlay", options };
  }

  /** What is asked of Create, with busybox for the root file system. */
  async createRequest(containerd: Host): Promise<CreateTaskRequest.Properties> {
    return { id: this.id, bundle: this.path, rootfs: [await this.rootfs(containerd)] };
  }

  /** Calls the action `delete` for the bundle, as containerd does when it has lost the shim. */
  async delete(containerd: Host): Promise<ProgramResult> {
    const args = shimArguments(containerd, this.id, "-bundle", this.path, "delete");
    return await callShim(containerd, this.path, args);
  }

  /** Removes the folder, and answers what the shim has logged. The shim must have ended. */
  async remove(): Promise<string> {
    // A FIFO that is open for writing has no end, so it gets one; a full one takes it when it is read.
    const end = "\0";
    const written = Deno.writeTextFile(`${this.path}/log`, end);
    // Not by a stream, which reads ahead: that read would never end, and occupy a thread of Deno's.
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65536);
    let text = "";
    while (!text.includes(end)) {
      const length = await this.#log.read(buffer);
      text += decoder.decode(buffer.subarray(0, length!), { stream: true });
    }
    this.#log.close();
    await written;
    await Deno.remove(this.path, { recursive: true });
    return text.slice(0, text.indexOf(end));
  }
}

/** The flags with which containerd calls every action, and its `action`. */
export function shimArguments(
  containerd: Host,
  id: string,
  ...action: string[]
): string[] {
  return [
    ...["-namespace", containerd.namespace, "-address", containerd.address],
    ...["-publish-binary", "containerd", "-id", id, ...action],
  ];
}

/**
 * Calls the shim's program in `folder`, with the environment of containerd 1.6 and `env`, and runtime `options` on its standard
 * input.
 */
export async function callShim(
  containerd: Host,
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  options: Any.Properties = {},
): Promise<ProgramResult> {
  const child = new Deno.Command(containerd.runtime.binary, {
    args,
    cwd: folder,
    env: { TTRPC_ADDRESS: `${containerd.address}.ttrpc`, SHIM_PROTOCOL: "", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([Any.encode(options).finish()]).stream().pipeTo(child.stdin),
  ]);
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

/** A running shim that containerd does not know of. */
export class DirectShim {
  readonly id: string;
  readonly bundle: Bundle;
  /** What `start` answered. */
  readonly address: string;
  /** The server's process id. */
  readonly pid: number;
  readonly tasks: TaskClient;
  /** How many descriptors of its log stay in a server that goes on: Deno has a copy of the standard error that it was started with. */
  readonly #logsKept: number;

  private constructor(bundle: Bundle, address: string, pid: number, tasks: TaskClient) {
    this.id = bundle.id;
    this.bundle = bundle;
    this.address = address;
    this.pid = pid;
    this.tasks = tasks;
    // Beside that copy there are standard error itself, and what the shim writes to.
    this.#logsKept = this.#logs === 3 ? 1 : 0;
  }

  /** Makes a bundle, calls `start` in it, and connects to the answered address. */
  static async start(
    containerd: Host,
    id: string,
    options: BundleOptions = {},
  ): Promise<DirectShim> {
    const bundle = await Bundle.make(containerd, id, options);
    return await DirectShim.startIn(containerd, bundle, options.options);
  }

  /** Calls `start` in a bundle, and connects to the answered address. */
  static async startIn(
    containerd: Host,
    bundle: Bundle,
    options?: Any.Properties,
  ): Promise<DirectShim> {
    const address = await startShim(containerd, bundle, options);
    return new DirectShim(bundle, address, serverPid(address), await TaskClient.connect(address));
  }

  /** {@linkcode start}, {@linkcode create}, and Start: a shim with a running container. */
  static async run(
    containerd: Host,
    id: string,
    options: BundleOptions = {},
    rest: StreamPaths & { options?: Any.Properties } = {},
  ): Promise<DirectShim> {
    const shim = await DirectShim.start(containerd, id, options);
    await shim.create(containerd, rest);
    await shim.tasks.call("Start", { id });
    return shim;
  }

  /** Calls Create, with busybox for the root file system, and answers init's process id. */
  async create(
    containerd: Host,
    rest: StreamPaths & { terminal?: boolean; options?: Any.Properties } = {},
  ): Promise<number> {
    const request = { ...await this.bundle.createRequest(containerd), ...rest };
    return (await this.tasks.call("Create", request)).pid;
  }

  /** Calls Exec and Start, and answers the process id. */
  async exec(execId: string, args: string[], streams: StreamPaths = {}): Promise<number> {
    const spec = processSpec(args, { terminal: streams.terminal });
    await this.tasks.call("Exec", { id: this.id, execId, spec, ...streams });
    return (await this.tasks.call("Start", { id: this.id, execId })).pid;
  }

  /** Kills and deletes the container, and goes on as {@linkcode shutDown}. */
  async end(): Promise<string> {
    await this.tasks.call("Kill", { id: this.id, signal: 9 });
    await this.tasks.call("Wait", { id: this.id });
    await this.tasks.call("Delete", { id: this.id });
    return await this.shutDown();
  }

  get #isListening(): boolean {
    const path = this.address.replace("unix://", "");
    return Deno.readTextFileSync("/proc/net/unix").includes(path);
  }

  /** How many descriptors of its log the server has. */
  get #logs(): number {
    return descriptorsOf(this.pid).filter((path) => path === `${this.bundle.path}/log`).length;
  }

  /** Ends a shim without containers, removes the bundle, and answers what the shim has logged. */
  async shutDown(): Promise<string> {
    await shutDown(this.tasks, this.id);
    await eventually("an end of the shim", () => {
      const hasEnded = !isServing(this.pid);
      // Its server may have others, and go on; this one's log is closed when its events have been sent.
      return hasEnded ||
        sharesServers && !this.#isListening && this.#logs <= this.#logsKept || undefined;
    });
    return await this.bundle.remove();
  }
}

/** Whether several containers may have one server. */
const sharesServers = Number(Deno.env.get("SHIM_SHARE") || 1) > 1;

/** Calls the action `start` and answers the address. */
export async function startShim(
  containerd: Host,
  bundle: Bundle,
  options: Any.Properties = {},
  flags: string[] = ["-debug"],
): Promise<string> {
  const args = shimArguments(containerd, bundle.id, ...flags, "start");
  const { code, stdout, stderr } = await callShim(containerd, bundle.path, args, {}, options);
  const answer = new TextDecoder().decode(stdout);
  if (code === 0 && answer.startsWith("unix://")) return answer;
  throw new Error(`expected start to answer an address, not ${code} and ${answer}${stderr}`);
}

/** The process id of the server at an address. */
export function serverPid(address: string): number {
  const path = address.replace("unix://", "");
  // One socket listens; those that it has accepted have its path as well.
  const lines = Deno.readTextFileSync("/proc/net/unix").split("\n");
  const sockets = lines.map((line) => line.split(/ +/))
    .filter((fields) => fields.at(-1) === path)
    .map((fields) => `socket:[${fields.at(-2)}]`);
  const server = processesOfThisRun().find(({ pid }) => holdsAnyOf(pid, sockets));
  if (server === undefined) throw new Error(`expected a server at ${address} and there is none`);
  return server.pid;
}

function holdsAnyOf(pid: number, sockets: string[]): boolean {
  return descriptorsOf(pid).some((target) => sockets.includes(target));
}

/** Tells a shim without containers to end, and waits until it has closed the connection. */
export async function shutDown(tasks: TaskClient, id: string): Promise<void> {
  // It may be gone before its answer is.
  await tasks.call("Shutdown", { id, now: true }).catch((error) => {
    if (error.code !== StatusCode.UNAVAILABLE) throw error;
  });
  await tasks.client.closed;
}
