/** Which OCI runtime a container has: its runtime options tell, and for the action `delete` a copy of them in the bundle. */
import { join } from "@std/path/posix";
import type { RuncOptions } from "../../proto/mod.ts";
import { exists, removeIfThere } from "../../shim/common/files.ts";
import { namesIn } from "./names.ts";
import { INIT_PID_FILE, initPidFile } from "./pid_file.ts";

/** An OCI runtime, with the flags that all its commands for a container have in common. */
export interface Runtime {
  /** Its name, which is looked for on the PATH, or its path. */
  readonly binary: string;
  /** The folder of its state, with a folder for each container. */
  readonly root: string;
  /** Whether systemd makes the cgroups. */
  readonly systemdCgroup: boolean;
}

/** The runtime options that choose the runtime. */
export type RuntimeOptions = Pick<RuncOptions, "binaryName" | "root" | "systemdCgroup">;

const DEFAULT_BINARY = "runc";
const DEFAULT_ROOT = "/run/containerd/runc";
const NO_OPTIONS: RuntimeOptions = { binaryName: "", root: "", systemdCgroup: false };

/** How many characters of a wrong content an error shows. */
const SHOWN = 100;

/** The runtime of a bundle's container, as far as the bundle tells. */
export interface KeptRuntime extends Runtime {
  /** Why the bundle does not tell: then this is the default runtime, and the container may be another one's. */
  readonly fault?: Error;
}

/** The options as they are kept in a bundle, under the names that Go's shim uses, too. */
export interface KeptOptions {
  binary_name?: string;
  root?: string;
  systemd_cgroup?: boolean;
}

const OPTIONS_FILE = "options.json";
/** The file in a bundle that keep_runtime.ts writes. */
export const optionsFile = (bundle: string) => join(bundle, OPTIONS_FILE);

/** The runtime that the options choose. */
export function runtimeOf(options: RuntimeOptions, namespace: string): Runtime {
  return {
    binary: options.binaryName || DEFAULT_BINARY,
    root: join(options.root || DEFAULT_ROOT, namespace),
    systemdCgroup: options.systemdCgroup,
  };
}

/** Removes what keep_runtime.ts has written, as nothing is left that `delete` would have to look for. */
export function forgetRuntime(bundle: string): void {
  // Without it the pid would stand for a bundle that was damaged.
  removeIfThere(initPidFile(bundle));
  removeIfThere(optionsFile(bundle));
}

/**
 * Whether a Create has begun for a bundle's container; before that no runtime was called.
 * @param names What is in the bundle.
 */
export function isCreateBegun(names: readonly string[]): boolean {
  return names.includes(OPTIONS_FILE);
}

/** Whether the runtime has a container of this id, be it one that it has not finished. */
export function isKnown({ root }: Runtime, id: string): boolean {
  return exists(join(root, id));
}

/**
 * The runtime of a bundle's container; the default one if no shim has kept any, or if what it has kept is damaged.
 * @param names What is in the bundle; by default it is looked at.
 */
export function readRuntime(
  bundle: string,
  namespace: string,
  names?: readonly string[],
): KeptRuntime {
  try {
    const { binary_name: binaryName = "", root = "", systemd_cgroup: systemdCgroup = false } =
      readOptions(bundle, names ?? namesIn(bundle));
    return runtimeOf({ binaryName, root, systemdCgroup }, namespace);
  } catch (error) {
    return { ...runtimeOf(NO_OPTIONS, namespace), fault: error as Error };
  }
}

/**
 * Reads what keep_runtime.ts has written.
 * @throws {Error} If it is damaged, or missing though a runtime has made a container.
 */
function readOptions(bundle: string, names: readonly string[]): KeptOptions {
  if (!names.includes(OPTIONS_FILE) && !names.includes(INIT_PID_FILE)) return {};
  const path = optionsFile(bundle);
  let kept: unknown;
  try {
    kept = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Error(`expected the options of a runtime in ${path}: ${(error as Error).message}`);
  }
  if (isKeptOptions(kept)) return kept;
  const shown = JSON.stringify(kept).slice(0, SHOWN);
  throw new Error(`expected the options of a runtime in ${path}, not ${shown}`);
}

function isKeptOptions(kept: unknown): kept is KeptOptions {
  if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return false;
  const { binary_name = "", root = "", systemd_cgroup = false } = kept as Record<string, unknown>;
  return typeof binary_name === "string" && typeof root === "string" &&
    typeof systemd_cgroup === "boolean";
}
