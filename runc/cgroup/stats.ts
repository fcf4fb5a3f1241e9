/** The statistics of a cgroup. */
import { type Any, CgroupV1Metrics, CgroupV2Metrics } from "../../proto/mod.ts";
import type { CgroupFolders } from "./folders.ts";
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
