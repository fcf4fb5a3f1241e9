/** The part of a container's OCI spec that the shim itself reads. */
import { join } from "@std/path/posix";

/** The members that are read (https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md). */
export interface Spec {
  readonly linux?: {
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
    readonly uidMappings?: readonly LinuxIdMapping[];
    readonly gidMappings?: readonly LinuxIdMapping[];
    readonly cgroupsPath?: string;
  };
}

/** A range of users or groups in a user namespace, and which they are on the host. */
export interface LinuxIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/**
 * Reads the spec of a bundle.
 * @throws {Error} If config.json can't be read.
 */
export function readSpec(bundle: string): Spec {
  return JSON.parse(Deno.readTextFileSync(join(bundle, "config.json")));
}

/** Whether a container has a PID namespace of its own: then the kernel kills all its processes when its init ends. */
export function hasOwnPidNamespace({ linux }: Spec): boolean {
  return linux?.namespaces?.some(({ type, path }) => type === "pid" && !path) ?? false;
}
