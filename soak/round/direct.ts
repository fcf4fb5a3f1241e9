/** What the scenarios without containerd share: calls with a bound, and an end of the shim in whatever state it is. */
import { StatusCode, StatusError } from "../../shim/ttrpc/mod.ts";
import type { PrivateContainerd } from "../../tests/harness/containerd/private_containerd.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { within } from "../../tests/harness/expect/within.ts";
import { cgroupFolders, isFrozen, thaw } from "../../tests/harness/machine/cgroups.ts";
import { isAlive } from "../../tests/harness/machine/processes.ts";
import type { DirectShim } from "../../tests/harness/shim/direct_shim.ts";
import { shutDown } from "../../tests/harness/shim/direct_shim.ts";
import {
  type MethodName,
  type RequestOf,
  TaskClient,
} from "../../tests/harness/shim/task_client.ts";
import { processesIn } from "./checks.ts";
import type { Round } from "./scenario.ts";

/** containerd.v1.types.Status */
export const CREATED = 1, RUNNING = 2, STOPPED = 3, PAUSED = 4;

/** How long a call may take that has no deadline, in seconds. */
export const CALL_SECONDS = 30;

/**
 * Makes a call that may fail.
 * @returns Its error, where it has one with a status.
 * @throws {Deno.errors.TimedOut} where it hangs.
 */
export async function attempt<Name extends MethodName>(
  tasks: TaskClient,
  name: Name,
  request: RequestOf<Name>,
  timeoutMs?: number,
): Promise<StatusError | undefined> {
  const call = tasks.call(name, request, { timeoutMs });
  try {
    await within(CALL_SECONDS, `an answer to ${name}`, call);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

/** Ends a shim in whatever state it and its container are; where all is mended that was broken, each call has to succeed. */
export async function endShim({ containerd, findings }: Round, shim: DirectShim): Promise<void> {
  const { id, bundle } = shim;
  if (isAlive(shim.pid)) {
    // The connection may be one of those that were broken.
    const tasks = await TaskClient.connect(shim.address);
    await endContainer(tasks, id);
    await within(CALL_SECONDS, "an end of the connection", shutDown(tasks, id));
    await eventually("an end of the server", () => !isAlive(shim.pid) || undefined);
  }
  const action = bundle.delete(containerd);
  const { code, stderr } = await within(CALL_SECONDS, "an end of the action delete", action);
  if (code !== 0) findings.add("wrong", `the action delete failed with ${code}: ${stderr}`);
  const processes = processesIn(containerd, id);
  if (processes.length > 0) findings.add("left", `the processes ${processes} of ${id}`);
  const log = await within(CALL_SECONDS, "an end of the shim's log", bundle.remove());
  if (Deno.env.has("SOAK_DEBUG")) console.log(log);
}

/**
 * Notes where a container that is told to run is frozen and stays so, and thaws it, so that it can be ended. For a moment it may well
 * look so: a Pause whose client has gone may come between the answer and the look.
 */
export async function checkFreezer(
  { containerd, findings }: Round,
  tasks: TaskClient,
  id: string,
): Promise<void> {
  await eventually("the truth", async () => {
    const { status, pid } = await tasks.call("State", { id });
    return status !== RUNNING || !isAlive(pid) || !isFrozen(pid) || undefined;
  }).catch((error) => {
    if (!(error instanceof Deno.errors.TimedOut)) throw error;
    findings.add("wrong", `${id} is RUNNING, and frozen`);
    thawContainer(containerd, id);
  });
}

/** Lets a container go on, be it that its runtime has not done so. */
export function thawContainer({ namespace }: PrivateContainerd, id: string): void {
  cgroupFolders(namespace).filter((folder) => folder.endsWith(`/${id}`)).forEach(thaw);
}

/** Kills and deletes a container, if there is one. */
export async function endContainer(tasks: TaskClient, id: string): Promise<void> {
  const bounded = <Name extends MethodName>(name: Name, request: RequestOf<Name>) =>
    within(CALL_SECONDS, `an answer to ${name}`, tasks.call(name, request));
  try {
    const { status } = await bounded("State", { id });
    // A runtime that has lied is not asked twice.
    if (status === PAUSED) await attempt(tasks, "Resume", { id });
    if (status !== STOPPED) {
      await bounded("Kill", { id, signal: 9, all: true }).catch(ignoreNotFound);
      await bounded("Wait", { id });
    }
    await bounded("Delete", { id });
  } catch (error) {
    ignoreNotFound(error);
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof StatusError && error.code === StatusCode.NOT_FOUND)) throw error;
}
