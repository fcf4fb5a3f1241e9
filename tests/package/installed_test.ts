/** The life of the package on a machine with containers that run. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../harness/expect/eventually.ts";
import { makeBusyboxImage, makeBusyboxRootfs } from "../harness/machine/busybox.ts";
import type { Daemon } from "../harness/machine/daemon.ts";
import { cgroupFolders } from "../harness/machine/cgroups.ts";
import { DebianMachine } from "../harness/machine/debian_machine.ts";
import { runName } from "../harness/machine/private_mounts.ts";
import { isAlive, processesOfThisRun } from "../harness/machine/processes.ts";
import { debian, packagePath, run, test } from "./made_packages.ts";

const NAME = "containerd-shim-ts-v2";
const IMAGE = "localhost/busybox:latest";
const STATE = "run/containerd/io.containerd.runtime.v2.task";

/** containerd of Debian on a machine, which finds the shim that is installed there. */
class Containers implements AsyncDisposable {
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
      if (command.some((word) => word.endsWith(`/usr/bin/${NAME}`))) Deno.kill(pid, "SIGTERM");
    }
    // Those of the host, which are to be seen in the machine, too.
    const folders = cgroupFolders(this.namespace).filter((folder) => folder.startsWith("/sys/"));
    for (const folder of folders) await Deno.remove(folder);
  }
}

/** Another version of the package: it differs in what it tells of itself. */
async function repack(machine: DebianMachine, version: string, revision: string): Promise<string> {
  const content = `${machine.root}/tmp/content`;
  const file = `${machine.root}/tmp/${version}.deb`;
  await run("dpkg-deb", ["-R", packagePath(".deb"), content]);
  const control = await Deno.readTextFile(`${content}/DEBIAN/control`);
  await Deno.writeTextFile(
    `${content}/DEBIAN/control`,
    control.replace(/^Version: .*$/m, `Version: ${version}`),
  );
  const program = `${content}/usr/bin/${NAME}`;
  const text = await Deno.readTextFile(program);
  assertMatch(text, /REVISION = "[0-9a-f]{40}/);
  await Deno.writeTextFile(program, text.replace(/(REVISION = ")[0-9a-f]{40}/, `$1${revision}`));
  await run("dpkg-deb", ["-Zgzip", "-z1", "--root-owner-group", "-b", content, file]);
  await Deno.remove(content, { recursive: true });
  return `/tmp/${version}.deb`;
}

test("installed, upgraded, downgraded, removed and purged under running containers", async () => {
  await using machine = await DebianMachine.boot(debian);
  await Deno.copyFile(packagePath(".deb"), `${machine.root}/tmp/own.deb`);
  const newer = await repack(machine, "99", "f".repeat(40));
  const said = () => machine.run(NAME, "-v");

  await machine.run("dpkg", "-i", "/tmp/own.deb");
  assertEquals(await machine.run("dpkg", "--verify", NAME), "");
  assertMatch(await said(), /Revision: (?!f{40})[0-9a-f]{40}/);
  await using containers = await Containers.boot(machine);
  const first = await containers.start("first");
  await containers.start("lost");

  await machine.run("dpkg", "-i", newer);
  assertStringIncludes(await said(), "f".repeat(40));
  await containers.expectToRun("first");
  assertEquals(containers.server("first"), first);
  await containers.lose("lost");
  await containers.start("second");
  await containers.expectToRun("second");
  await containers.remove("first");

  await machine.run("dpkg", "-i", "/tmp/own.deb");
  await containers.expectToRun("second");
  await containers.lose("second");
  await containers.start("third");

  await Deno.writeTextFile(`${machine.root}/etc/${NAME}.json`, "{}");
  const files = (await machine.run("dpkg", "-L", NAME)).trim().split("\n");
  const { code, stderr } = await machine.try("dpkg", "-r", NAME);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "1 of its servers still run");
  await containers.expectToRun("third");
  await containers.remove("third");
  const left = files.filter((path) =>
    /containerd-shim|libexec/.test(path) && exists(machine, path)
  );
  assertEquals(left.filter((path) => path !== "/usr/libexec"), []);

  assertEquals(exists(machine, `/etc/${NAME}.json`), true);
  await machine.run("dpkg", "-P", NAME);
  assertEquals(exists(machine, `/etc/${NAME}.json`), false);
  assertEquals((await machine.try("dpkg", "-s", NAME)).code, 1);
});

function exists(machine: DebianMachine, path: string): boolean {
  try {
    Deno.lstatSync(machine.root + path);
    return true;
  } catch {
    return false;
  }
}
