/** The mounted cgroup hierarchies, see cgroups(7). */
import { readText } from "../../shim/libc/mod.ts";

/** A mounted cgroup hierarchy. */
export interface Hierarchy {
  readonly mountPoint: string;
  /** The cgroup that is mounted there: `/`, or in a container perhaps the container's own. */
  readonly root: string;
  /** Whether it is the one hierarchy of cgroup v2. */
  readonly unified: boolean;
  /** The controllers, or the name, of a hierarchy of cgroup v1, among its other mount options. */
  readonly controllers: readonly string[];
}

/** The controller by which a host with cgroup v1 is recognised: a named hierarchy without controllers may be beside cgroup v2, too. */
const V1_CONTROLLER = "devices";

/** The hierarchies that are in use, see {@linkcode parseHierarchies}. */
export function readHierarchies(): Hierarchy[] {
  return parseHierarchies(readText("/proc/self/mountinfo"));
}

/** All mounted hierarchies, see {@linkcode parseAllHierarchies}: a runtime makes a container's cgroup in each. */
export function readAllHierarchies(): Hierarchy[] {
  return parseAllHierarchies(readText("/proc/self/mountinfo"));
}

/**
 * The hierarchies that are in use: those of cgroup v1, or else the unified one.
 * @param mountInfo /proc/self/mountinfo, see proc(5).
 */
export function parseHierarchies(mountInfo: string): Hierarchy[] {
  const hierarchies = parseAllHierarchies(mountInfo);
  const usesV1 = hierarchies.some(({ controllers }) => controllers.includes(V1_CONTROLLER));
  return hierarchies.filter(({ unified }) => unified !== usesV1);
}

/** All mounted hierarchies: those of {@linkcode parseHierarchies}, and a unified one that is mounted beside cgroup v1. */
export function parseAllHierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.trim().split("\n").flatMap((line): Hierarchy[] => {
    const [place, fileSystem] = line.split(" - ");
    const [, , , root, mountPoint] = place.split(" ");
    const [type, , options] = fileSystem.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ mountPoint, root, unified: type === "cgroup2", controllers: options.split(",") }];
  });
}
