/** The statistics of the controller rdma, which are the same in cgroup v1 and v2. */
import type * as proto from "../../proto/metrics/mod.ts";
import { type NestedLine, parseNestedKeyed, parseNumber, readStatFile } from "./stat_files.ts";

/** What `max` in rdma.max stands for. */
const NO_LIMIT = 2n ** 32n - 1n;

/** Reads what a cgroup uses of each device, and its limits; undefined if there is no such controller. */
export function readRdma(folder: string): proto.CgroupV2RdmaStat.Properties | undefined {
  const current = readStatFile(folder, "rdma.current");
  if (current === undefined) return undefined;
  const limit = readStatFile(folder, "rdma.max") ?? "";
  return {
    current: parseNestedKeyed(current).map(toEntry),
    limit: parseNestedKeyed(limit).map(toEntry),
  };
}

function toEntry({ name, values }: NestedLine): proto.CgroupV2RdmaEntry.Properties {
  const number = (key: string) => Number(parseNumber(values.get(key) ?? "", NO_LIMIT));
  return { device: name, hcaHandles: number("hca_handle"), hcaObjects: number("hca_object") };
}
