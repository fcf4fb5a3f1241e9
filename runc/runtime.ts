/** Which OCI runtime a container has, and where its state is: from its options, and for the action `delete` from its bundle. */
import { join } from "@std/path/posix";

/** An OCI runtime and the folder of its state. */
export interface Runtime {
  /** Its name on the PATH, or its path. */
  readonly binary: string;
  /** The folder that has one folder for each container. */
  readonly root: string;
}

const DEFAULT_BINARY = "runc";
const DEFAULT_ROOT = "/run/containerd/runc";

/** The names under which the Go shim, too, keeps the runtime options in a bundle. */
interface KeptOptions {
  binary_name?: string;
  root?: string;
}

const optionsFile = (bundle: string) => join(bundle, "options.json");

/** The runtime that the options name. */
export function runtimeOf(
  options: { binaryName: string; root: string },
  namespace: string,
): Runtime {
  return {
    binary: options.binaryName || DEFAULT_BINARY,
    root: join(options.root || DEFAULT_ROOT, namespace),
  };
}

/** Leaves in the bundle what {@linkcode readRuntime} needs. */
export function keepRuntime(bundle: string, options: { binaryName: string; root: string }): void {
  const kept: KeptOptions = { binary_name: options.binaryName, root: options.root };
  Deno.writeTextFileSync(optionsFile(bundle), JSON.stringify(kept), { mode: 0o600 });
}

/** The runtime of a bundle's container; the default one where a shim came to keep none. */
export function readRuntime(bundle: string, namespace: string): Runtime {
  let kept: KeptOptions = {};
  try {
    kept = JSON.parse(Deno.readTextFileSync(optionsFile(bundle)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return runtimeOf({ binaryName: kept.binary_name ?? "", root: kept.root ?? "" }, namespace);
}
