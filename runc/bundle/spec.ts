/** What the shim itself needs to know of a container's OCI spec. */
import { join } from "@std/path/posix";

/** A part of the OCI spec (https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md). */
export interface Spec {
  readonly linux?: {
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
    readonly uidMappings?: readonly LinuxIdMapping[];
    readonly gidMappings?: readonly LinuxIdMapping[];
    readonly cgroupsPath?: string;
  };
}

/** Users or groups of a user namespace, and who they are on the host. */
export interface LinuxIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/**
 * Reads the spec of a bundle.
 * @throws {Error} where config.json can't be read.
 */
export async function readSpec(bundle: string): Promise<Spec> {
  return JSON.parse(await Deno.readTextFile(join(bundle, "config.json")));
}

/** Whether a container has a PID namespace of its own, so that the kernel ends all its processes with its init. */
export function hasOwnPidNamespace({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type, path }) => type === "pid" && !path) ?? false;
}
