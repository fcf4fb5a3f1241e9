/** What may be wrong with containers. */
import { ownExecutable } from "../../shim/process/executable.ts";
import type { AskedContainer, AskedServer } from "../ask/servers.ts";
import { cgroupOf, isFrozen, isOfContainer, thawCommand } from "../find/cgroups.ts";
import { mountsBelow, mountsOf } from "../find/mounts.ts";
import type { Process } from "../find/processes.ts";
import { waitsFor } from "../find/waiting.ts";
import { commandLine, quote } from "../output/text.ts";
import { ageOfPath, type Examined, isStill, YOUNG } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { remove, run } from "./mending.ts";

/** What waits for a disk, or was not reaped, for this long, in ms, is told. */
const LOOK_AGAIN_MS = 700;

/** Containers without a shim, frozen ones, and their processes that hang or were not reaped. */
export async function examineContainers(examined: Examined): Promise<Finding[]> {
  const withoutShim = await Promise.all(examined.servers.map((each) => lost(each, examined)));
  const frozen = examined.servers.flatMap((each) => frozenOf(each, examined));
  return [...withoutShim.flat(), ...frozen, ...await stuck(examined)];
}

/** The containers of a shim that is gone. */
async function lost(
  server: AskedServer,
  { knowledge, hierarchies }: Examined,
): Promise<Finding[]> {
  if (server.condition !== "dead") return [];
  const { containerd, namespace } = server;
  const old = server.bundles.filter(({ path }) => (ageOfPath(path) ?? 0) > YOUNG);
  return await Promise.all(old.map(async ({ id, path }): Promise<Finding> => {
    const what = `the container ${namespace}/${id} has no shim`;
    const kind = "container-without-shim";
    if (containerd === undefined || !knowledge.answers(containerd.address)) {
      return {
        kind,
        what: `${what}, and its containerd does not answer`,
        meaning:
          "Its processes may run on, and nobody sees their exits. containerd cleans up after such a container when it starts.",
        certainty: "certain",
        mend: "systemctl start containerd",
      };
    }
    const args = ["-namespace", namespace, "-id", id, "-address", containerd.address];
    const cleanUp = [ownExecutable(), ...args, "-bundle", path, "delete"];
    const mend = `cd ${quote(path)} && ${
      cleanUp.map(quote).join(" ")
    } >/dev/null && cd / && rm -rf --one-file-system ${quote(path)}`;
    // Only a file tells the pid, which may be another one's by now. What runs is somebody's work, and not ended without being asked.
    const pid = server.containers.find((each) => each.id === id)?.pid ?? 0;
    const cgroup = pid === 0 ? undefined : cgroupOf(pid, hierarchies);
    const isRunning = cgroup !== undefined && isOfContainer(cgroup.path, id);
    const running = isRunning ? `, and that runs as process ${pid}` : "";
    const known = await knowledge.ofContainerds(id);
    if (known === "somebody") {
      return {
        kind,
        what: `${what}${running}`,
        meaning:
          "The shim was killed, or has failed, and containerd could not clean up after it. containerd knows the container, but no task of it any more, and can't start it again before it is cleaned up. The command ends what runs of it.",
        certainty: "certain",
        mend,
      };
    }
    const isSure = known === "nobody";
    const fix = async () => {
      await run(cleanUp, path);
      const left = mountsBelow(path, mountsOf("self"));
      if (left.length > 0) throw new Error(`still mounted: ${left.map(({ target }) => target)}`);
      await remove(path);
    };
    return {
      kind: "leftover-bundle",
      what:
        `the bundle ${path} is left of a container ${namespace}/${id} that neither a shim nor containerd knows${running}`,
      meaning:
        "containerd was killed while it removed the container. What is left of it, as mounts, runc's state or processes, stays until it is removed, and keeps the id from being used again.",
      certainty: isSure ? "certain" : "likely",
      mend,
      fix: isSure && !isRunning ? fix : undefined,
    };
  }));
}

/** Containers that are frozen though nobody has paused them. */
function frozenOf(server: AskedServer, { hierarchies }: Examined): Finding[] {
  const { containerd, namespace, condition } = server;
  return server.containers.flatMap(({ id, pid, status }: AskedContainer): Finding[] => {
    if (pid === 0 || status === "paused" || status === "pausing" || status === "stopped") return [];
    const folder = cgroupOf(pid, hierarchies)?.freezer;
    if (folder === undefined || !isFrozen(folder)) return [];
    const says = condition === "serves" ? `its shim says ${status}` : "its shim does not answer";
    const address = containerd === undefined ? "" : `--address ${quote(containerd.address)} `;
    return [{
      kind: "frozen-container",
      what: `the container ${namespace}/${id} is frozen (${folder}), and ${says}`,
      meaning:
        "None of its processes runs, and none can be ended before it is thawed. Somebody has paused it past containerd, or a pause, a checkpoint or an update was cut short.",
      certainty: condition === "serves" ? "certain" : "likely",
      mend: status === "running"
        ? thawCommand(folder)
        : `ctr ${address}--namespace ${quote(namespace)} task resume ${quote(id)}`,
    }];
  });
}

/** Processes that wait for a disk, and those that have ended and were not reaped. */
async function stuck({ ofShims, survey, hierarchies }: Examined): Promise<Finding[]> {
  // A frozen process is shown as one that waits for a disk.
  const isFrozenToo = ({ pid }: Process) => {
    const folder = cgroupOf(pid, hierarchies)?.freezer;
    return folder !== undefined && isFrozen(folder);
  };
  const suspect = [...ofShims].filter(([process]) =>
    process.state === "Z" || process.state === "D" && !isFrozenToo(process)
  );
  if (suspect.length === 0) return [];
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  const still = suspect.filter(([process]) => isStill(process));
  const waiting = still.filter(([{ state }]) => state === "D").map((
    [process, server],
  ): Finding => ({
    kind: "uninterruptible-process",
    what:
      `process ${process.pid} of ${server.namespace}/${server.id} waits, and can't be interrupted: ${
        commandLine(process.command)
      } (${waitsFor(process)})`,
    meaning:
      "It waits for a disk or a network file system, and no signal ends it, nor the container that it is in, before that answers.",
    certainty: "likely",
    mend: `cat /proc/${process.pid}/stack; dmesg | tail`,
  }));
  const zombies = Map.groupBy(
    still.filter(([{ state }]) => state === "Z"),
    ([{ parent }]) => parent,
  );
  const unreaped = [...zombies].map(([parent, ended]): Finding => {
    const [[, server]] = ended;
    const pids = ended.map(([{ pid }]) => pid).join(", ");
    const isOfShim = server.shim?.process.pid === parent;
    const who = survey.processes.get(parent)?.command ?? ["?"];
    return {
      kind: "zombies",
      what: isOfShim
        ? `the shim ${parent} of ${server.namespace}/${server.id} has not reaped ${pids}`
        : `process ${parent} (${
          commandLine(who)
        }) of ${server.namespace}/${server.id} has not reaped ${pids}`,
      meaning: isOfShim
        ? "A shim reaps a process as soon as it has ended: it hangs, or has a fault. The exits are not told."
        : "The program does not wait for its children. Each takes a pid, of which a container and the machine have only so many; a small init as the container's first process reaps those that lose their parent.",
      certainty: isOfShim ? "likely" : "perhaps",
    };
  });
  return [...waiting, ...unreaped];
}
