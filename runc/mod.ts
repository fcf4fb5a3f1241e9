/** The shim for runc: what `serve` needs of this folder. */
import { Any } from "../proto/mod.ts";
import type { Shim, Task } from "../shim/mod.ts";
import { joinCgroup } from "./cgroup.ts";
import { decodeOptions } from "./options.ts";
import { TaskService } from "./service.ts";

/**
 * Makes the Task service.
 * @param startOptions What containerd gave to `start` on standard input: an Any of runtime options, or nothing.
 * @throws {Error} where the options can't be followed.
 */
export async function createTask(shim: Shim, startOptions: Uint8Array): Promise<Task> {
  const { shimCgroup } = await decodeOptions(Any.decode(startOptions), shim.logger);
  if (shimCgroup !== "") joinCgroup(shimCgroup);
  return new TaskService(shim);
}
