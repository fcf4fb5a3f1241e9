/** The shim for runc and other OCI runtimes: what the action `serve` needs of it. */
import type { Bootstrap, ServedTask, Shim } from "../shim/mod.ts";
import { joinCgroup } from "./cgroup/mod.ts";
import { decodeOptions, isOptions } from "./options/mod.ts";
import { TaskService } from "./service.ts";

/**
 * Makes the Task service.
 * @param bootstrap What containerd gave to `start`: its runtime options may name a cgroup for the shim.
 * @throws {Error} If the options can't be read, or there is no such cgroup.
 */
export async function createTask(
  shim: Shim,
  { options, extensions }: Bootstrap,
): Promise<ServedTask> {
  const given = await decodeOptions(options ?? extensions.find(isOptions), shim.logger);
  if (given.shimCgroup !== "") joinCgroup(given.shimCgroup);
  return new TaskService(shim, given);
}
