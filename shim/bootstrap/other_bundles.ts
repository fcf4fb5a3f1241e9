/** The bundles that a bundle has to do with: those of the same namespace of the same containerd. */
import { basename, dirname, join } from "@std/path/posix";

/** The folder of containerd's state folder, from 2.0 on, that has the bundles of sandboxes (pods without a pause container), and that of containers. */
export const SANDBOXES = "io.containerd.sandbox.controller.v1.shim";
/** See {@linkcode SANDBOXES}. */
export const CONTAINERS = "io.containerd.runtime.v2.task";

/** Whether a bundle is that of a sandbox. It is `<state>/<folder>/<namespace>/<id>`. */
export function isSandboxBundle(bundle: string): boolean {
  return basename(dirname(dirname(bundle))) === SANDBOXES;
}

/** The bundle of a container, seen from another one's or from a sandbox's. */
export function containerBundle(bundle: string, id: string): string {
  return join(isSandboxBundle(bundle) ? sister(bundle, CONTAINERS) : dirname(bundle), id);
}

/** The folders of the other bundles; none if the folder around them is gone. */
export function otherBundles(bundle: string): string[] {
  const folder = dirname(bundle);
  const other = sister(bundle, isSandboxBundle(bundle) ? CONTAINERS : SANDBOXES);
  return [
    ...bundlesIn(folder).filter((path) => path !== join(folder, basename(bundle))),
    ...bundlesIn(other),
  ];
}

/** The folder with the same namespace below another folder of containerd's state folder. */
function sister(bundle: string, name: string): string {
  const namespace = dirname(bundle);
  return join(dirname(dirname(namespace)), name, basename(namespace));
}

function bundlesIn(folder: string): string[] {
  try {
    // containerd puts a dot before the name of a bundle that it is removing.
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => !name.startsWith("."))
      .map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
