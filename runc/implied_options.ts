/**
 * Runtime options that a client leaves out, and the OCI spec implies: docker sends options to a runtime called io.containerd.runc.v2
 * alone, and containerd's CRI never tells an owner.
 */
import type { RuncOptions } from "../proto/mod.ts";
import type { IdMapping, Spec } from "./spec.ts";

/** How the spec names a cgroup that systemd is to make: a slice (or nothing for the usual one), a prefix and a name. */
const SYSTEMD_CGROUP = /^[^/:]*:[^/:]*:[^/:]+$/;

/** Completes options by what the spec says. */
export function withImplied(options: RuncOptions, { linux = {} }: Spec): RuncOptions {
  return {
    ...options,
    systemdCgroup: options.systemdCgroup || SYSTEMD_CGROUP.test(linux.cgroupsPath ?? ""),
    // The host's root is nobody in a user namespace: what it owns, nobody there can open.
    ioUid: options.ioUid || hostRoot(linux.uidMappings),
    ioGid: options.ioGid || hostRoot(linux.gidMappings),
  };
}

/** Whom the host knows the root of a container as. */
function hostRoot(mappings: readonly IdMapping[] = []): number {
  return mappings.find(({ containerID, size }) => containerID === 0 && size > 0)?.hostID ?? 0;
}
