/** How the OOMs of a container are counted: by cgroup v1 or v2. */
import { join } from "@std/path/posix";
import type { CgroupFolders } from "./folders.ts";
import { OomSignals } from "./oom_v1.ts";
import { GrowingKey } from "./oom_v2.ts";
import type { OomCounter } from "./oom_watch.ts";

/**
 * Makes the counter for a container.
 * @throws {Error} If there is no memory controller, or the cgroup is gone.
 */
export function oomCounter(cgroup: CgroupFolders): OomCounter {
  if (cgroup.unified !== undefined) {
    return new GrowingKey(join(cgroup.unified, "memory.events"), "oom_kill");
  }
  const folder = cgroup.controller("memory");
  if (folder === undefined) throw new Error("the cgroup controller memory is not mounted");
  return new OomSignals(folder);
}
