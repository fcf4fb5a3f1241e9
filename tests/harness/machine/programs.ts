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

/** Whether there is a file at the path, be it by a link. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
