/** What must be true after whatever a round has done. */
import type { RecordedEvent } from "../../tests/harness/containerd/event_recorder.ts";
import {
  type CommandResult,
  outputOf,
  type PrivateContainerd,
} from "../../tests/harness/containerd/private_containerd.ts";
import { eventually } from "../../tests/harness/expect/eventually.ts";
import { within } from "../../tests/harness/expect/within.ts";
import { cgroupFolders } from "../../tests/harness/machine/cgroups.ts";
import { exists } from "../../tests/harness/machine/files.ts";
import { killIfRunning } from "../../tests/harness/machine/kill_child.ts";
import { isAlive } from "../../tests/harness/machine/processes.ts";
import type { Findings } from "./findings.ts";

/** How long a command of a client may take, in seconds; on a busy machine. */
export const COMMAND_SECONDS = 30;
/** How long what is told may need to become true. */
const TRUTH_SECONDS = 15;
/** How long a server may be there of which nobody wants anything any more, as where a client has given up its Delete. */
const UNUSED_SECONDS = 45;

/** A command of ctr, killed where it takes too long; that is noted as hung. */
export async function bounded(
  containerd: PrivateContainerd,
  findings: Findings,
  args: string[],
): Promise<CommandResult> {
  const child = containerd.spawnCtr(args, { stdin: "null" });
  const result = outputOf(child);
  try {
    return await within(COMMAND_SECONDS, `an end of ctr ${args.join(" ")}`, result);
  } catch (error) {
    findings.addError(error);
    killIfRunning(child);
    return await result;
  }
}

/** Notes where containerd tells of a container what is not so. containerd has to run. */
export async function checkState(
  containerd: PrivateContainerd,
  findings: Findings,
  id: string,
): Promise<void> {
  let untrue: string | undefined;
  await eventually("the truth", async () => {
    const task = (await containerd.tasks()).get(id);
    const processes = processesIn(containerd, id);
    const isThere = task !== undefined && processes.includes(task.pid) && isAlive(task.pid);
    if (task === undefined) {
      untrue = processes.length > 0
        ? `there is no task ${id}, and its processes ${processes} live`
        : undefined;
    } else if (task.status === "STOPPED") {
      untrue = processes.length > 0
        ? `${id} is STOPPED, and its processes ${processes} live`
        : undefined;
    } else {
      untrue = isThere ? undefined : `${id} is ${task.status}, and its process ${task.pid} is gone`;
    }
    return untrue === undefined || undefined;
  }, TRUTH_SECONDS).catch((error) => {
    if (!(error instanceof Deno.errors.TimedOut) || untrue === undefined) throw error;
    findings.add("wrong", untrue);
  });
}

/** The processes in the cgroup of a container, by their numbers. */
export function processesIn({ namespace }: PrivateContainerd, id: string): number[] {
  const folders = cgroupFolders(namespace).filter((folder) => folder.endsWith(`/${id}`));
  const pids = folders.flatMap((folder) => {
    try {
      return Deno.readTextFileSync(`${folder}/cgroup.procs`).trim().split("\n");
    } catch {
      return []; // removed just now
    }
  });
  return [...new Set(pids.filter((pid) => pid !== "").map(Number))];
}

/** Removes a container in whatever state it is, as an operator would, and notes what does not go. */
export async function removeContainer(
  containerd: PrivateContainerd,
  findings: Findings,
  id: string,
): Promise<void> {
  const removal = await bounded(containerd, findings, ["task", "rm", "--force", id]);
  const { stdout: tasks } = await bounded(containerd, findings, ["task", "ls", "--quiet"]);
  if (tasks.split("\n").includes(id)) {
    findings.add("left", `the task ${id} after ctr task rm --force: ${removal.stderr}`);
  }
  // It is the last that containerd removes of a task whose shim is dead, in its own time.
  await eventually("no bundle", () => !exists(containerd.bundle(id)) || undefined, UNUSED_SECONDS)
    .catch(() => findings.add("left", `the bundle of ${id}, which keeps the id from being used`));
  await bounded(containerd, findings, ["containers", "rm", id]);
  // Of a ctr that failed before it had made the container.
  await bounded(containerd, findings, ["snapshots", "rm", id]);
  const { stdout: containers } = await bounded(containerd, findings, ["containers", "ls", "-q"]);
  if (containers.split("\n").includes(id)) findings.add("left", `the container ${id}`);
}

/** Notes where an id that is free can't be used. */
export async function checkUsable(
  containerd: PrivateContainerd,
  findings: Findings,
  id: string,
): Promise<void> {
  const args = containerd.runArguments(["--rm"], id, "echo", "again");
  const { code, stdout, stderr } = await bounded(containerd, findings, args);
  if (code === 0 && stdout === "again\n") return;
  const kind = code === 0 ? "lost" : "wrong";
  findings.add(kind, `the id ${id} used again: exit code ${code}, ${stderr}${stdout}`);
  await removeContainer(containerd, findings, id);
}

/** Notes each event that came twice. */
export function checkDoubled(findings: Findings, events: readonly RecordedEvent[]): void {
  const seen = new Set<string>();
  for (const { topic, body } of events) {
    // What may well come twice in a life.
    if (["/tasks/oom", "/tasks/paused", "/tasks/resumed"].includes(topic)) continue;
    const key = [topic, body.container_id, body.id ?? body.exec_id ?? "", body.pid ?? ""].join(" ");
    if (seen.has(key)) findings.add("doubled", `the event ${key}`);
    seen.add(key);
  }
}
