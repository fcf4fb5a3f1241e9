/** The shim for runc: what `serve` needs of this folder. */
import type { Bootstrap, ServedTask, Shim } from "../shim/mod.ts";
import { joinCgroup } from "./cgroup/mod.ts";
import { decodeOptions, isOptions } from "./options/mod.ts";
import { TaskService } from "./service.ts";

/**
 * Makes the Task service.
 * @param bootstrap What containerd gave to `start`: runtime options, or none.
 * @throws {Error} where the options can't be followed.
 */
export async function createTask(
  shim: Shim,
  { options, extensions }: Bootstrap,
): Promise<ServedTask> {
  const { shimCgroup } = await decodeOptions(options ?? extensions.find(isOptions), shim.logger);
  if (shimCgroup !== "") joinCgroup(shimCgroup);
  return new TaskService(shim);
}
