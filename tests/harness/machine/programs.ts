import { isFile } from "./files.ts";

/** The programs of this machine. */

/** Where Debian, Fedora and CNI's own releases have the plugins. */
const CNI_FOLDERS = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"];

/** The path of a program on the PATH; undefined where it is not there. */
export function findProgram(name: string): string | undefined {
  return Deno.env.get("PATH")?.split(":").map((folder) => `${folder}/${name}`).find(isFile);
}

/**
 * The path of a program on the PATH.
 * @throws {Error} where it is not there.
 */
export function expectProgram(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`expected ${name} on the PATH and it is not there`);
  return path;
}

/** The path of a plugin of CNI, which connects pods to a network. */
export function findCniPlugin(name: string): string | undefined {
  return CNI_FOLDERS.map((folder) => `${folder}/${name}`).find(isFile);
}

/**
 * The version of a program, from what it prints, as `containerd github.com/containerd/containerd 1.6.20~ds1` and
 * `runc version 1.1.5+ds1`: digits and dots alone.
 * @param path The PATH where it is looked for.
 */
export function readVersion(name: string, path = Deno.env.get("PATH") ?? ""): string {
  const { stdout } = new Deno.Command(name, { args: ["--version"], env: { PATH: path } })
    .outputSync();
  const text = new TextDecoder().decode(stdout);
  const version = text.match(/ v?(\d+\.[\d.]*\d)/)?.[1];
  if (version === undefined) throw new Error(`expected the version of ${name}, not ${text}`);
  return version;
}
