/** What installs packages on a machine, and makes other versions of them. */
import type { DebianMachine, Result } from "../harness/machine/debian_machine.ts";
import { TARGETS } from "../../tools/package/facts.ts";
import { findRpmTool, makeRpm } from "../../tools/package/rpm.ts";
import { folder, NAME, packagePath, run } from "./made_packages.ts";

/** What both can do. */
export interface PackageManager {
  readonly name: string;
  /** The path of the package under test. */
  readonly own: string;
  /** Installs a package, or puts it in the place of an older or a newer one, be it for another kind of machine. */
  install(machine: DebianMachine, path: string): Promise<void>;
  /** What it depends on. */
  dependencies(machine: DebianMachine): Promise<string[]>;
  /** The paths of what is installed, folders among them. */
  files(machine: DebianMachine): Promise<string[]>;
  /** What on the machine is not as it is in the package; `""` where all is. */
  verify(machine: DebianMachine): Promise<string>;
  /** Removes it; what was configured stays. */
  remove(machine: DebianMachine): Promise<Result>;
  isInstalled(machine: DebianMachine): Promise<boolean>;
  /**
   * Makes another version of the package, in a folder: it differs in what it tells of itself.
   * @returns Its path.
   */
  repack(folder: string, version: string, revision: string): Promise<string>;
}

/** Debian's. */
export const dpkg: PackageManager = {
  name: ".deb",
  get own() {
    return packagePath(".deb");
  },
  async install(machine, path) {
    await Deno.copyFile(path, `${machine.root}/tmp/shim.deb`);
    // What is for another machine depends on libraries for that.
    const isForeign = !path.endsWith(`_${TARGETS[Deno.build.arch].deb}.deb`);
    const force = isForeign ? ["--force-architecture", "--force-depends"] : [];
    await machine.run("dpkg", ...force, "-i", "/tmp/shim.deb");
  },
  async dependencies(machine) {
    return (await machine.run("dpkg-query", "-W", "-f", "${Depends}", NAME)).split(", ");
  },
  async files(machine) {
    return (await machine.run("dpkg", "-L", NAME)).trim().split("\n");
  },
  verify: (machine) => machine.run("dpkg", "--verify", NAME),
  remove: (machine) => machine.try("dpkg", "-r", NAME),
  isInstalled: async (machine) =>
    /^Status: .* installed$/m.test((await machine.try("dpkg", "-s", NAME)).stdout),
  async repack(work, version, revision) {
    const content = `${work}/content`;
    const file = `${work}/${version}_${TARGETS[Deno.build.arch].deb}.deb`;
    await run("dpkg-deb", ["-R", this.own, content]);
    await run("sed", ["-i", `s/^Version: .*/Version: ${version}/`, `${content}/DEBIAN/control`]);
    await tell(content, revision);
    await run("dpkg-deb", ["-Zgzip", "-z1", "--root-owner-group", "-b", content, file]);
    return file;
  },
};

/** That of Fedora and its kin; its database is the machine's. No other package is known to it, as those that a package depends on. */
export const rpm: PackageManager = {
  name: ".rpm",
  get own() {
    return packagePath(".rpm");
  },
  async install(machine, path) {
    const { code, stderr } = await tryRpm(
      machine,
      "-U",
      "--nodeps",
      "--ignorearch",
      "--oldpackage",
      path,
    );
    if (code !== 0) throw new Error(stderr);
  },
  async dependencies(machine) {
    const { stdout } = await tryRpm(machine, "-q", "--requires", NAME);
    // rpm's own features.
    return stdout.trim().split("\n").filter((each) => !each.startsWith("rpmlib("));
  },
  async files(machine) {
    return (await tryRpm(machine, "-ql", NAME)).stdout.trim().split("\n");
  },
  verify: async (machine) => (await tryRpm(machine, "-V", "--nodeps", NAME)).stdout,
  remove: (machine) => tryRpm(machine, "-e", NAME),
  isInstalled: async (machine) => (await tryRpm(machine, "-q", NAME)).code === 0,
  async repack(work, version, revision) {
    const content = `${work}/content`;
    await Deno.mkdir(content);
    await run("tar", ["-C", content, "-xzf", packagePath(".tar.gz")]);
    await tell(content, revision);
    const source = { version, revision, time: 0, maintainer: "Test <test@shim-ts.invalid>" };
    return `${work}/${await makeRpm(content, work, source, Deno.build.arch, [])}`;
  },
};

/** Runs rpm of this machine on the packages of another one. */
async function tryRpm(machine: DebianMachine, ...args: string[]): Promise<Result> {
  const { program, env } = await findRpmTool("rpm");
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: ["--root", machine.root, "--dbpath", "/var/lib/rpm", ...args],
    cwd: folder,
    env,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Writes another commit into a program, in either form, of which nothing may get longer. */
async function tell(content: string, revision: string): Promise<void> {
  const expression = `s/(REVISION = ")[0-9a-f]{40}/\\1${revision}/`;
  await run("sed", ["-i", "-E", expression, `${content}/usr/bin/${NAME}`], {
    env: { LC_ALL: "C" },
  });
}
