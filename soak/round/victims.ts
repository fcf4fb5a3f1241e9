/** The processes of a run that a round kills or stops: found in /proc, where the run's PID namespace shows no others. */
import { basename } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Process,
  processesOfThisRun,
  sendSignal,
} from "../../tests/harness/machine/processes.ts";

/** What a process is: containerd, its client, a shim's server, its actions `start` and `delete`, a command of runc. */
export type Role = "containerd" | "ctr" | "server" | "start" | "delete" | "runc";

/** All of them. */
export const ROLES: readonly Role[] = ["containerd", "ctr", "server", "start", "delete", "runc"];

/** The role of a process; none where it is something else, such as a container's. */
export function roleOf({ command }: Pick<Process, "command">): Role | undefined {
  const program = basename(command[0]);
  if (program === "containerd") return "containerd";
  // The one that records events is the soak's own.
  if (program === "ctr") return command.at(-1) === "events" ? undefined : "ctr";
  // `runc init` is what becomes the container's process.
  if (program === "runc" || program === "crun") return command[1] === "init" ? undefined : "runc";
  // Ours may be a script that Deno runs.
  if (!command.some((word) => /(^|[/#])containerd-shim-[\w-]+$/.test(word))) return undefined;
  const action = command.at(-1);
  return action === "start" || action === "delete" ? action : "server";
}

/** The processes of a role that are there now. */
export function findAll(role: Role): Process[] {
  return processesOfThisRun()
    .filter((process) => process.state !== "Z" && roleOf(process) === role);
}

/**
 * Sends a signal to all processes of a role: after some milliseconds, or as soon after that as there is one.
 * @param until Ends the search.
 * @returns Who got it; nobody where none came up in that time.
 */
export async function strike(
  role: Role,
  milliseconds: number,
  until: AbortSignal,
  signal: Deno.Signal = "SIGKILL",
): Promise<Process[]> {
  await delay(milliseconds);
  for (;;) {
    const victims = findAll(role).filter(({ pid }) => sendSignal(pid, signal));
    if (victims.length > 0 || until.aborted) return victims;
    await delay(1);
  }
}
