/** Which OCI runtime a container has, and where its state is: from its options, and for the action `delete` from its bundle. */
import { join } from "@std/path/posix";
import type { RuncOptions } from "../proto/mod.ts";
import { exists } from "../shim/exists.ts";

/** An OCI runtime, and what all its commands for a container have in common. */
export interface Runtime {
  /** Its name on the PATH, or its path. */
  readonly binary: string;
  /** The folder of its state, which has one folder for each container. */
  readonly root: string;
  /** Whether systemd makes the cgroups. */
  readonly systemdCgroup: boolean;
}

/** The runtime options that say which runtime it is. */
type Options = Pick<RuncOptions, "binaryName" | "root" | "systemdCgroup">;

const DEFAULT_BINARY = "runc";
const DEFAULT_ROOT = "/run/containerd/runc";

/** The names under which the Go shim, too, keeps the runtime options in a bundle. */
interface KeptOptions {
  binary_name?: string;
  root?: string;
  systemd_cgroup?: boolean;
}

const optionsFile = (bundle: string) => join(bundle, "options.json");

/** The runtime that the options name. */
export function runtimeOf(options: Options, namespace: string): Runtime {
  return {
    binary: options.binaryName || DEFAULT_BINARY,
    root: join(options.root || DEFAULT_ROOT, namespace),
    systemdCgroup: options.systemdCgroup,
  };
}

/** Leaves in the bundle what {@linkcode readRuntime} needs. */
export function keepRuntime(bundle: string, options: Options): void {
  const { binaryName, root, systemdCgroup } = options;
  const kept: KeptOptions = { binary_name: binaryName, root, systemd_cgroup: systemdCgroup };
  Deno.writeTextFileSync(optionsFile(bundle), JSON.stringify(kept), { mode: 0o600 });
}

/** Whether a Create has begun for a bundle's container: only then a runtime may have made anything. */
export function isCreateBegun(bundle: string): boolean {
  return exists(optionsFile(bundle));
}

/** Whether the runtime has a container of this id, be it one that it has not finished. */
export function isKnown({ root }: Runtime, id: string): boolean {
  return exists(join(root, id));
}

/** The runtime of a bundle's container; the default one where a shim came to keep none. */
export function readRuntime(bundle: string, namespace: string): Runtime {
  let kept: KeptOptions = {};
  try {
    kept = JSON.parse(Deno.readTextFileSync(optionsFile(bundle)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { binary_name: binaryName = "", root = "", systemd_cgroup: systemdCgroup = false } = kept;
  return runtimeOf({ binaryName, root, systemdCgroup }, namespace);
}
