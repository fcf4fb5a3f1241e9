/** The network of pods, made by CNI's plugins. */

import { findCniPlugin } from "../machine/programs.ts";
import { expectSuccess, outputOf } from "./private_containerd.ts";

/** Where containerd keeps what plugins have answered, whatever its configuration says; on the host the folder stays empty. */
const ANSWERS = "/var/lib/cni";
/** Of the network, and of the bridge. */
const NAME = "pods";

/**
 * A bridge for the pods of one containerd, in a network namespace of its own: the plugins that containerd finds are scripts that enter
 * that namespace first, so the host's network stays as it is. Which addresses are taken, and what plugins have answered, is below its
 * folder.
 */
export class PodNetwork implements AsyncDisposable {
  /** For containerd's `bin_dir` and `conf_dir`. */
  readonly plugins: string;
  readonly configuration: string;
  /** The pods' addresses begin with it. */
  readonly subnet = "10.88.0.";
  readonly #addresses: string;
  readonly #namespace: string;

  private constructor(folder: string) {
    this.plugins = `${folder}/plugins`;
    this.configuration = `${folder}/configuration`;
    this.#addresses = `${folder}/addresses`;
    this.#namespace = `${folder}/namespace`;
  }

  /** @param folder Where to make what belongs to it. */
  static async make(folder: string): Promise<PodNetwork> {
    const network = new PodNetwork(folder);
    for (const name of ["plugins", "configuration", "answers"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    }
    for (const name of ["bridge", "host-local", "loopback"]) {
      const script = `#!/bin/sh\nexec nsenter --net=${network.#namespace} ${findCniPlugin(name)}\n`;
      await Deno.writeTextFile(`${network.plugins}/${name}`, script, { mode: 0o755 });
    }
    const subnet = `${network.subnet}0/24`;
    const ipam = { type: "host-local", subnet, dataDir: network.#addresses };
    const plugins = [{ type: "bridge", bridge: NAME, isGateway: true, ipam }];
    const list = { cniVersion: "1.0.0", name: NAME, plugins };
    await Deno.writeTextFile(`${network.configuration}/${NAME}.conflist`, JSON.stringify(list));
    await Deno.writeTextFile(network.#namespace, "");
    await run("unshare", `--net=${network.#namespace}`, "true");
    await Deno.mkdir(ANSWERS, { recursive: true });
    await run("mount", "--bind", `${folder}/answers`, ANSWERS);
    return network;
  }

  /** The addresses that pods have. */
  addresses(): string[] {
    const names = [...Deno.readDirSync(`${this.#addresses}/${NAME}`)].map(({ name }) => name);
    return names.filter((name) => name.startsWith(this.subnet));
  }

  /** The ends of the pods' interfaces that are at the bridge. */
  async ports(): Promise<string[]> {
    const { stdout } = await run("nsenter", `--net=${this.#namespace}`, "cat", "/proc/net/dev");
    const names = [...stdout.matchAll(/^ *(\w+):/gm)].map(([, name]) => name);
    return names.filter((name) => name !== "lo" && name !== NAME);
  }

  /** Ends it; its files stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ANSWERS);
    await run("umount", this.#namespace);
  }
}

async function run(command: string, ...args: string[]): Promise<{ stdout: string }> {
  const child = new Deno.Command(command, { args, stdout: "piped", stderr: "piped" }).spawn();
  return expectSuccess(await outputOf(child));
}
