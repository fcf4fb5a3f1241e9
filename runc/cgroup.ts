/** Where a container's cgroup is, and who is in it. */
import { join } from "@std/path";
import { readText } from "../shim/mod.ts";

/** Of cgroup v1's hierarchies any would do; every runtime has a cgroup of its own in this one. */
const V1_CONTROLLER = "devices";

/**
 * The folder of the cgroup that a process is in: that of the devices controller, or in a unified hierarchy the only one.
 * @param processCgroups /proc/PID/cgroup, see cgroups(7).
 * @param mountInfo /proc/self/mountinfo, see proc(5).
 * @throws {Error} where no such hierarchy is mounted.
 */
export function cgroupFolder(processCgroups: string, mountInfo: string): string {
  const lines = processCgroups.trim().split("\n").map((line) => /^\d+:([^:]*):(.*)$/.exec(line)!);
  const v1 = lines.find(([, controllers]) => controllers.split(",").includes(V1_CONTROLLER));
  const v2 = lines.find(([, controllers]) => controllers === "");
  for (const mounted of mountInfo.trim().split("\n")) {
    const [place, fileSystem] = mounted.split(" - ");
    const [, , , root, mountPoint] = place.split(" ");
    const [type, , options] = fileSystem.split(" ");
    const found = v1 !== undefined
      ? type === "cgroup" && options.split(",").includes(V1_CONTROLLER) && v1
      : type === "cgroup2" && v2;
    if (!found) continue;
    const path = root !== "/" && found[2].startsWith(root) ? found[2].slice(root.length) : found[2];
    return join(mountPoint, path);
  }
  throw new Error(`no cgroup hierarchy is mounted for ${processCgroups}`);
}

/** The folder of the cgroup of a running process. */
export function cgroupFolderOf(pid: number): string {
  return cgroupFolder(readText(`/proc/${pid}/cgroup`), readText("/proc/self/mountinfo"));
}

/** The pids in a cgroup and all below it. */
export function pidsIn(folder: string): number[] {
  const pids = readText(join(folder, "cgroup.procs")).split("\n").filter((line) => line !== "").map(
    Number,
  );
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.isDirectory) pids.push(...pidsIn(join(folder, entry.name)));
  }
  return pids;
}
