/**
 * Runtime options that a client leaves out and the OCI spec implies: docker sends options only to a runtime with the name
 * io.containerd.runc.v2, and containerd's CRI never names the owner of the streams.
 */
import type { RuncOptions } from "../../proto/mod.ts";
import type { LinuxIdMapping, Spec } from "../bundle/mod.ts";

/** The path of a cgroup that systemd is to make: a slice (or nothing for the default one), a prefix and a name. */
const SYSTEMD_CGROUP = /^[^/:]*:([^/:]*):[^/:]+$/;
/** The prefix that containerd's CRI gives. */
const CRI_PREFIX = "cri-containerd";

/** Completes runtime options by what the spec implies. */
export function withImplied(options: RuncOptions, { linux = {} }: Spec): RuncOptions {
  return {
    ...options,
    systemdCgroup: options.systemdCgroup || isSystemds(linux.cgroupsPath ?? ""),
    // The host's root is not mapped into a user namespace: nobody there could open streams that it owns.
    ioUid: options.ioUid || hostRoot(linux.uidMappings),
    ioGid: options.ioGid || hostRoot(linux.gidMappings),
  };
}

/** Whether systemd is to make the cgroup. */
function isSystemds(cgroupsPath: string): boolean {
  const prefix = cgroupsPath.match(SYSTEMD_CGROUP)?.[1];
  // containerd's CRI (1.6 and 1.7) writes such a path whenever the pod's parent is called a slice, also without systemd.
  return prefix === CRI_PREFIX ? systemdRuns() : prefix !== undefined;
}

/** Whether systemd runs the machine, see sd_booted(3). */
function systemdRuns(): boolean {
  try {
    return Deno.lstatSync("/run/systemd/system").isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The id that a container's root has on the host. */
function hostRoot(mappings: readonly LinuxIdMapping[] = []): number {
  return mappings.find(({ containerID, size }) => containerID === 0 && size > 0)?.hostID ?? 0;
}
