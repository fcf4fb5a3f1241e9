/** The statistics of a cgroup. */
import { CgroupV1Metrics, CgroupV2Metrics } from "../../proto/metrics/mod.ts";
import type { Any } from "../../proto/mod.ts";
import { isThere } from "../../shim/libc/mod.ts";
import { type CgroupFolders, cgroupFoldersAt } from "./folders.ts";
import { readHierarchies } from "./hierarchy.ts";
import { readMetricsV1 } from "./stats_v1.ts";
import { readMetricsV2 } from "./stats_v2.ts";

/** Reads the statistics, as the message that clients expect of a host with cgroup v1 or v2. */
export function readStats(cgroup: CgroupFolders): Any.Properties {
  if (cgroup.unified === undefined) {
    return {
      typeUrl: "io.containerd.cgroups.v1.Metrics",
      value: CgroupV1Metrics.encode(readMetricsV1(cgroup)).finish(),
    };
  }
  return {
    typeUrl: "io.containerd.cgroups.v2.Metrics",
    value: CgroupV2Metrics.encode(readMetricsV2(cgroup.unified)).finish(),
  };
}

/**
 * Reads the statistics of a cgroup that is no container's; undefined if it is not there.
 * @param path In every hierarchy.
 */
export function readStatsAt(path: string): Any.Properties | undefined {
  const folders = cgroupFoldersAt(path, readHierarchies());
  const { processes } = folders;
  return processes !== undefined && isThere(processes) ? readStats(folders) : undefined;
}
