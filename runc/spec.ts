/** What the shim itself needs to know of a container's OCI spec. */
import { join } from "@std/path/posix";

interface Spec {
  readonly linux?: {
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
  };
}

/**
 * Whether a bundle's container has a PID namespace of its own, so that the kernel ends all its processes with its init.
 * @throws {Error} where config.json can't be read.
 */
export async function hasOwnPidNamespace(bundle: string): Promise<boolean> {
  const spec: Spec = JSON.parse(await Deno.readTextFile(join(bundle, "config.json")));
  return spec.linux?.namespaces?.some(({ type, path }) => type === "pid" && !path) ?? false;
}
