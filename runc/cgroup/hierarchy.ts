/** Where cgroups are; see cgroups(7). */

/** A mounted cgroup hierarchy. */
export interface Hierarchy {
  readonly mountPoint: string;
  /** The cgroup that is mounted there; `/` unless the mount is that of a container. */
  readonly root: string;
  /** cgroup v2's only hierarchy. */
  readonly unified: boolean;
  /** The controllers and names of a hierarchy of cgroup v1. */
  readonly controllers: readonly string[];
}

/** Where cgroup v1 is in use it has this controller; a hierarchy with a name alone may be mounted beside cgroup v2 too. */
const V1_CONTROLLER = "devices";

/**
 * The hierarchies that are in use: those of cgroup v1, or else the unified one.
 * @param mountInfo /proc/self/mountinfo, see proc(5).
 */
export function parseHierarchies(mountInfo: string): Hierarchy[] {
  const hierarchies = parseAllHierarchies(mountInfo);
  const usesV1 = hierarchies.some(({ controllers }) => controllers.includes(V1_CONTROLLER));
  return hierarchies.filter(({ unified }) => unified !== usesV1);
}

/** Beside {@linkcode parseHierarchies} the unified one that there may be beside those of cgroup v1. */
export function parseAllHierarchies(mountInfo: string): Hierarchy[] {
  return mountInfo.trim().split("\n").flatMap((line): Hierarchy[] => {
    const [place, fileSystem] = line.split(" - ");
    const [, , , root, mountPoint] = place.split(" ");
    const [type, , options] = fileSystem.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ mountPoint, root, unified: type === "cgroup2", controllers: options.split(",") }];
  });
}
