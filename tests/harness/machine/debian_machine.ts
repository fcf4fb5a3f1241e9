/** A Debian of a test's own, whose packages can be installed and removed: a root file system, in which programs run by chroot(8). */
import { Daemon } from "./daemon.ts";
import { unpack } from "./packages.ts";
import { REPOSITORY } from "./repository.ts";

const ROOT = `${REPOSITORY}.cache/debian`;
const SUITE = "bookworm";
/** lintian for packages; the rest for containers. */
const PACKAGES = ["containerd", "lintian", "runc"];

/** What programs have for their environment. */
const ENVIRONMENT = {
  DEBIAN_FRONTEND: "noninteractive",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/** How a program ended. */
export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Sees to it that there is a Debian in `.cache`, made by mmdebstrap(1) from the packages that the machine's apt knows; it takes a minute
 * or two, once. To get a newer one, remove the folder.
 * @returns Its folder, which must stay as it is.
 */
export async function makeDebian(): Promise<string> {
  const isThere = await Deno.stat(ROOT).then(() => true, () => false);
  if (isThere) return ROOT;
  const program = `${await unpack(SUITE, ["mmdebstrap"])}/usr/bin/mmdebstrap`;
  const made = await Deno.makeTempDir({ dir: `${REPOSITORY}.cache`, prefix: ".debian-" });
  const start = performance.now();
  const include = `--include=${PACKAGES}`;
  await run("unshare", [
    ...[
      "--mount",
      "perl",
      program,
      "--quiet",
      "--mode=root",
      "--variant=apt",
      "--format=directory",
    ],
    ...[include, SUITE, made],
  ]);
  await Deno.rename(made, ROOT);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.error(`Made a Debian ${SUITE} with ${PACKAGES.join(", ")} in ${seconds} s`);
  return ROOT;
}

/** A machine with such a Debian, to be changed; what it is made of stays. Needs private mounts. */
export class DebianMachine implements AsyncDisposable {
  /** The folder of its root. */
  readonly root: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.root = `${folder}/root`;
  }

  /** @param debian See {@linkcode makeDebian}. */
  static async boot(debian: string): Promise<DebianMachine> {
    const folder = await Deno.makeTempDir({ prefix: "debian-" });
    const machine = new DebianMachine(folder);
    const { root } = machine;
    for (const name of ["upper", "work", "root"]) await Deno.mkdir(`${folder}/${name}`);
    const layers = `lowerdir=${debian},upperdir=${folder}/upper,workdir=${folder}/work`;
    await run("mount", ["-t", "overlay", "-o", layers, "overlay", root]);
    for (const name of ["dev", "proc", "sys"]) {
      await run("mount", ["--rbind", `/${name}`, `${root}/${name}`]);
    }
    // containerd's snapshots are overlays, which can't lie in one.
    for (const name of ["run", "tmp", "var/lib/containerd"]) {
      await Deno.mkdir(`${root}/${name}`, { recursive: true });
      await run("mount", ["-t", "tmpfs", "tmpfs", `${root}/${name}`]);
    }
    return machine;
  }

  /** Runs a program to its end. */
  async try(...command: string[]): Promise<Result> {
    const { code, stdout, stderr } = await new Deno.Command("chroot", {
      args: [this.root, ...command],
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /**
   * As {@linkcode try}.
   * @returns Its standard output.
   * @throws {Error} If it fails.
   */
  async run(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(...command);
    if (code === 0) return stdout;
    throw new Error(`${command.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  }

  /** A daemon, which is to be booted. */
  daemon(program: string, args: string[], readyMessage: string): Daemon {
    const variables = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    const enter = ["env", "--ignore-environment", ...variables, "chroot", this.root];
    return new Daemon(program, { enter, args, readyMessage });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["--recursive", this.root]);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
