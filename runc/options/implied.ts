/**
 * Runtime options that a client leaves out, and the OCI spec implies: docker sends options to a runtime called io.containerd.runc.v2
 * alone, and containerd's CRI never tells an owner.
 */
import type { RuncOptions } from "../../proto/mod.ts";
import type { LinuxIdMapping, Spec } from "../bundle/mod.ts";

/** How the spec names a cgroup that systemd is to make: a slice (or nothing for the usual one), a prefix and a name. */
const SYSTEMD_CGROUP = /^[^/:]*:([^/:]*):[^/:]+$/;
/** The prefix of containerd's CRI. */
const CRI_PREFIX = "cri-containerd";

/** Completes options by what the spec says. */
export function withImplied(options: RuncOptions, { linux = {} }: Spec): RuncOptions {
  return {
    ...options,
    systemdCgroup: options.systemdCgroup || isSystemds(linux.cgroupsPath ?? ""),
    // The host's root is nobody in a user namespace: what it owns, nobody there can open.
    ioUid: options.ioUid || hostRoot(linux.uidMappings),
    ioGid: options.ioGid || hostRoot(linux.gidMappings),
  };
}

function isSystemds(cgroupsPath: string): boolean {
  const prefix = cgroupsPath.match(SYSTEMD_CGROUP)?.[1];
  // containerd's CRI names a cgroup so when a pod's parent is called a slice, whoever makes that.
  return prefix === CRI_PREFIX ? systemdRuns() : prefix !== undefined;
}

/** See sd_booted(3). */
function systemdRuns(): boolean {
  try {
    return Deno.lstatSync("/run/systemd/system").isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whom the host knows the root of a container as. */
function hostRoot(mappings: readonly LinuxIdMapping[] = []): number {
  return mappings.find(({ containerID, size }) => containerID === 0 && size > 0)?.hostID ?? 0;
}
