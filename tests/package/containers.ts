/** Containers on a machine where the shim is installed. */
import { assertEquals } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { makeBusyboxImage, makeBusyboxRootfs } from "../harness/machine/busybox.ts";
import { cgroupFolders, isBusy } from "../harness/machine/cgroups.ts";
import type { Daemon } from "../harness/machine/daemon.ts";
import type { DebianMachine } from "../harness/machine/debian_machine.ts";
import { runName } from "../harness/machine/private_mounts.ts";
import { isAlive, processesOfThisRun, sendSignal } from "../harness/machine/processes.ts";
import { NAME } from "./made_packages.ts";

const IMAGE = "localhost/busybox:latest";
const STATE = "run/containerd/io.containerd.runtime.v2.task";

/** containerd of Debian on a machine, which finds the shim that is installed there, whenever that is. */
export class Containers implements AsyncDisposable {
  readonly namespace = `${runName()}-package`;

  private constructor(readonly machine: DebianMachine, readonly daemon: Daemon) {}

  static async boot(machine: DebianMachine): Promise<Containers> {
    const disabled = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri"];
    await Deno.writeTextFile(
      `${machine.root}/etc/containerd/config.toml`,
      `version = 2\ndisabled_plugins = ${JSON.stringify(disabled)}\n`,
    );
    const daemon = machine.daemon("containerd", [], "containerd successfully booted");
    await daemon.boot();
    const containers = new Containers(machine, daemon);
    await makeBusyboxRootfs(`${machine.root}/tmp/busybox`);
    await makeBusyboxImage(`${machine.root}/tmp/busybox`, `${machine.root}/tmp/image`);
    await containers.ctr("image", "import", "/tmp/image/image.tar");
    return containers;
  }

  async ctr(...args: string[]): Promise<string> {
    return await this.machine.run("ctr", "--namespace", this.namespace, ...args);
  }

  /** Runs a container in the background; returns the pid of its server. */
  async start(id: string): Promise<number> {
    await this.ctr("run", "-d", "--runtime", "io.containerd.ts.v2", IMAGE, id, "sleep", "1000");
    return this.server(id);
  }

  server(id: string): number {
    const isIts = ({ command }: { command: readonly string[] }) =>
      command.includes("serve") && command[command.indexOf("-id") + 1] === id;
    return processesOfThisRun().find(isIts)!.pid;
  }

  /** Expects that a container runs, and can be exec'd in. */
  async expectToRun(id: string): Promise<void> {
    const said = await this.ctr(
      "task",
      "exec",
      "--exec-id",
      crypto.randomUUID(),
      id,
      "echo",
      "here",
    );
    assertEquals(said, "here\n");
  }

  /** Kills and removes a container, as its client does. */
  async remove(id: string): Promise<void> {
    await this.ctr("task", "kill", "--signal", "KILL", id);
    await eventually(
      "an end",
      async () => /STOPPED/.test(await this.ctr("task", "ls")) || undefined,
    );
    await this.ctr("task", "rm", id);
    await this.ctr("container", "rm", id);
  }

  /** Kills the server of a container, and waits until containerd has cleaned up by the action `delete`. */
  async lose(id: string): Promise<void> {
    const server = this.server(id);
    const children = processesOfThisRun().filter(({ parent }) => parent === server);
    Deno.kill(server, "SIGKILL");
    const bundle = `${this.machine.root}/${STATE}/${this.namespace}/${id}`;
    await eventually(
      "an end of the bundle",
      () => Deno.stat(bundle).then(() => undefined, () => true),
    );
    assertEquals(children.length > 0, true);
    assertEquals(children.filter(({ pid }) => isAlive(pid)), []);
    await this.ctr("container", "rm", id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop();
    for (const { pid, command } of processesOfThisRun()) {
      if (command.some((word) => word.endsWith(`/usr/bin/${NAME}`))) sendSignal(pid, "SIGTERM");
    }
    await eventually("an end of the cgroups", () => {
      // Those of the host, which are to be seen in the machine, too.
      const folders = cgroupFolders(this.namespace).filter((folder) => folder.startsWith("/sys/"));
      folders.forEach(removeCgroup);
      return folders.length === 0 || undefined;
    });
  }
}

/** Removes a cgroup in which nothing is any more; ends what is, which is where a test has failed. */
function removeCgroup(folder: string): void {
  const pids = Deno.readTextFileSync(`${folder}/cgroup.procs`).split("\n").filter(Boolean);
  for (const pid of pids) sendSignal(Number(pid), "SIGKILL");
  if (pids.length > 0) return;
  try {
    Deno.removeSync(folder);
  } catch (error) {
    // The last process may be at its end.
    if (!isBusy(error)) throw error;
  }
}
