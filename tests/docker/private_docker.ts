import {
  type CommandResult,
  expectSuccess,
  outputOf,
  PrivateContainerd,
  runtimeUnderTest,
} from "../harness/containerd/private_containerd.ts";
import { Daemon } from "../harness/machine/daemon.ts";
import { noteDockerFolders } from "../harness/machine/docker_folders.ts";
import { exists } from "../harness/machine/files.ts";
import { killIfRunning } from "../harness/machine/kill_child.ts";
import { findProgram } from "../harness/machine/programs.ts";
import type { RootlessUser } from "../harness/machine/rootless_user.ts";
import { PseudoTerminal } from "../harness/streams/pseudo_terminal.ts";

/** The name of the image with busybox. */
export const dockerImage = "busybox";

/** The first version that takes the name of any containerd runtime, and not only OCI runtimes. */
const FIRST_WITH_ANY_RUNTIME = 23;

/** What `docker inspect` tells of a container, as far as the tests look at it. */
export interface Inspection {
  Id: string;
  RestartCount: number;
  State: {
    Status: string;
    Running: boolean;
    OOMKilled: boolean;
    Pid: number;
    ExitCode: number;
  };
  HostConfig: { Runtime: string };
}

/** The major version of the dockerd on the PATH; undefined where there is none. */
export function dockerVersion(): number | undefined {
  if (findProgram("dockerd") === undefined) return undefined;
  const { stdout } = new Deno.Command("dockerd", { args: ["--version"] }).outputSync();
  return Number(new TextDecoder().decode(stdout).match(/version (\d+)/)![1]);
}

/**
 * A dockerd with its own data, state, socket and configuration in a temporary folder, and a private
 * containerd of its own. It makes no networks: containers have none. The image is made locally.
 *
 * The runtime under test is found by its name. dockerd before version 23 knows no names but runc's, so there
 * the shim under test takes the place of runc's shim.
 */
export class PrivateDocker {
  readonly containerd: PrivateContainerd;
  /** That of containerd's in which its containers are. */
  readonly namespace: string;
  /** The runtime under test, as `docker run --runtime` takes it. */
  readonly runtime: string;

  readonly #folder: string;
  readonly #daemon: Daemon;
  readonly #removeFolders = noteDockerFolders();

  private constructor(containerd: PrivateContainerd, namespace: string) {
    this.containerd = containerd;
    this.namespace = namespace;
    this.runtime = containerd.runtime.name;
    this.#folder = `${containerd.folder}/docker`;
    this.#daemon = new Daemon("dockerd", {
      enter: containerd.user?.enter,
      args: [
        ...["--config-file", `${this.#folder}/daemon.json`],
        ...["--containerd-namespace", namespace],
        ...["--containerd-plugins-namespace", `${namespace}-plugins`],
      ],
      readyMessage: "API listen on",
    });
  }

  /**
   * Starts both daemons.
   * @param user Who runs them; root by default. See {@linkcode PrivateContainerd.start}.
   * @param namespace By default the private one of the private containerd.
   */
  static async start(user?: RootlessUser, namespace?: string): Promise<PrivateDocker> {
    const runtime = runtimeUnderTest();
    if (dockerVersion()! < FIRST_WITH_ANY_RUNTIME) runtime.name = "io.containerd.runc.v2";
    const containerd = await PrivateContainerd.start([runtime], { user });
    const docker = new PrivateDocker(containerd, namespace ?? containerd.namespace);
    try {
      await Deno.mkdir(docker.#folder);
      await user?.own(docker.#folder);
      await docker.boot();
      await docker.importImage();
      // With the first container folders are made for all of them, and for the first read-only one.
      expectSuccess(await docker.run(["--rm", "--read-only"], "true"));
    } catch (error) {
      await docker[Symbol.asyncDispose]();
      throw error;
    }
    return docker;
  }

  /** What dockerd and containerd have logged. */
  get logs(): string[] {
    return [this.#daemon.log, this.containerd.log];
  }

  /** Starts dockerd, with `settings` (as in daemon.json) besides those that keep it private. */
  async boot(settings: Record<string, unknown> = {}): Promise<void> {
    const { namespace, address } = this.containerd;
    const configuration = {
      "data-root": `${this.#folder}/data`,
      "exec-root": `${this.#folder}/exec`,
      "pidfile": `${this.#folder}/docker.pid`,
      "hosts": [this.#host],
      "containerd": address,
      "cgroup-parent": `/${namespace}`,
      // Only version 20.10 has it, and would write to /etc/docker; later ones ignore it.
      "deprecated-key-path": `${this.#folder}/key.json`,
      "bridge": "none",
      "iptables": false,
      "ip6tables": false,
      "ip-forward": false,
      "ip-masq": false,
      "userland-proxy": false,
      "live-restore": true,
      "debug": true,
      ...settings,
    };
    await Deno.writeTextFile(`${this.#folder}/daemon.json`, JSON.stringify(configuration));
    await this.#daemon.boot();
  }

  /** Makes the image with busybox. */
  async importImage(): Promise<void> {
    const tar = new Deno.Command("tar", {
      args: ["-C", this.containerd.rootfs, "-c", "."],
      stdout: "piped",
    }).spawn();
    const changes = ["--change", "ENV PATH=/bin", "--change", 'CMD ["sh"]'];
    const child = this.spawn(["import", ...changes, "-", dockerImage]);
    const [result] = await Promise.all([outputOf(child), tar.stdout.pipeTo(child.stdin)]);
    expectSuccess(result);
    if (!(await tar.status).success) throw new Error("expected tar to succeed and it failed");
  }

  /** Ends dockerd, not containerd. Without effect where it does not run. */
  async stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#daemon.stop(signal);
  }

  /** {@linkcode stop} and {@linkcode boot}. */
  async restart(settings: Record<string, unknown> = {}): Promise<void> {
    await this.stop();
    await this.boot(settings);
  }

  /** Kills containerd and starts it again, and waits until dockerd follows its events again. */
  async restartContainerd(): Promise<void> {
    const logged = this.#daemon.log.length;
    await this.containerd.restart("SIGKILL");
    const namespace = RegExp.escape(this.namespace);
    const follows = new RegExp(`processing event stream.* namespace=${namespace}\\n`);
    await this.#daemon.untilLogged(follows, logged);
  }

  /** Runs `docker` with the socket of this dockerd, and waits for its end. */
  async docker(...args: string[]): Promise<CommandResult> {
    return await outputOf(this.spawn(args, { stdin: "null" }));
  }

  /** Like {@linkcode docker}, with `input` on its standard input, which is then closed. */
  async dockerWithInput(input: string, ...args: string[]): Promise<CommandResult> {
    const child = this.spawn(args);
    const [result] = await Promise.all([
      outputOf(child),
      new Blob([input]).stream().pipeTo(child.stdin),
    ]);
    return result;
  }

  /** Like {@linkcode docker}, but expects success, and answers the standard output without the last line end. */
  async expect(...args: string[]): Promise<string> {
    return expectSuccess(await this.docker(...args)).stdout.trimEnd();
  }

  /** Starts `docker` in the background, its standard streams piped unless `streams` says otherwise. */
  spawn(
    args: string[],
    streams: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr"> = {},
  ): Deno.ChildProcess {
    return new Deno.Command("docker", {
      args: [...this.#clientArguments, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...streams,
    }).spawn();
  }

  /** Runs `docker` on a terminal. */
  atTerminal(args: string[]): PseudoTerminal {
    return PseudoTerminal.run("docker", [...this.#clientArguments, ...args]);
  }

  /** `docker run <flags> <the busybox image> <command>` with the runtime under test. */
  async run(flags: string[], ...command: string[]): Promise<CommandResult> {
    return await this.docker(...this.runArguments(flags, ...command));
  }

  /** The arguments with which {@linkcode run} calls docker. */
  runArguments(flags: string[], ...command: string[]): string[] {
    const common = ["--runtime", this.runtime, "--network", "none"];
    return ["run", ...common, ...flags, dockerImage, ...command];
  }

  /** {@linkcode run} with `--detach`, which is expected to succeed. */
  async runDetached(flags: string[], ...command: string[]): Promise<void> {
    expectSuccess(await this.run(["--detach", ...flags], ...command));
  }

  /** What `docker inspect` tells of a container. */
  async inspect(name: string): Promise<Inspection> {
    return JSON.parse(await this.expect("container", "inspect", name))[0];
  }

  /** Removes containers, whatever they do. */
  async remove(...names: string[]): Promise<void> {
    await this.expect("rm", "--force", ...names);
  }

  /** Waits until the actions of a container, as docker's events tell them since it was made, match `pattern`. */
  async untilActions(name: string, pattern: RegExp): Promise<void> {
    const { Id } = await this.inspect(name);
    // Those since a time dockerd tells again.
    const flags = ["--since", "1", "--filter", `container=${Id}`, "--format", "{{.Action}}"];
    await this.#until(pattern, "events", ...flags);
  }

  /** Waits until all that a container has written to its standard output matches `pattern`. */
  async untilWritten(name: string, pattern: RegExp): Promise<void> {
    await this.#until(pattern, "logs", "--follow", name);
  }

  async #until(pattern: RegExp, ...args: string[]): Promise<void> {
    const docker = this.spawn(args, { stdin: "null", stderr: "inherit" });
    let text = "";
    try {
      for await (const part of docker.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (pattern.test(text)) return;
      }
    } finally {
      killIfRunning(docker);
      await docker.status;
    }
    throw new Error(`expected ${pattern} and docker ${args.join(" ")} ended with ${text}`);
  }

  /** Ends both daemons and removes what they and runc left. Containers are the caller's to remove before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // One that was restarted leaves its data mounted on themselves; the others don't, so a failure says nothing.
    await new Deno.Command("umount", { args: [`${this.#folder}/data`], stderr: "null" }).output();
    await this.#removeFolders();
    // runc removes its containers' folders, but not the one around them.
    const runc = `/run/containerd/runc/${this.namespace}`;
    if (this.namespace !== this.containerd.namespace && exists(runc)) await Deno.remove(runc);
    await this.containerd[Symbol.asyncDispose]();
  }

  get #host(): string {
    return `unix://${this.#folder}/docker.sock`;
  }

  get #clientArguments(): string[] {
    return ["--config", `${this.#folder}/client`, "--host", this.#host];
  }
}
