/** What may be wrong with shims themselves. */
import type { AskedServer } from "../ask/servers.ts";
import { ageOf, descriptorsOf, linkOf } from "../find/processes.ts";
import type { ShimProcess } from "../find/shims.ts";
import { duration } from "../output/text.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";

/** A shim without containers may be about to get one, or end, within this many seconds. */
const IDLE = 60;

/** A process, with all the shims that it is. */
interface ShimServers {
  readonly shim: ShimProcess;
  readonly servers: readonly AskedServer[];
}

/** Shims that do not answer, have nothing to do, or are of an older version. */
export function examineShims({ servers }: Pick<Examined, "servers">): Finding[] {
  const byPid = Map.groupBy(servers, ({ shim }) => shim?.process.pid);
  return [...byPid.values()].flatMap((of) => {
    const { shim } = of[0];
    if (shim === undefined || shim.isElsewhere) return [];
    const process = { shim, servers: of };
    return [...silent(process), ...withoutContainers(process), ...older(process)];
  });
}

function silent({ shim, servers }: ShimServers): Finding[] {
  if (!servers.some(({ condition }) => condition === "silent")) return [];
  const { pid, state } = shim.process;
  const isStopped = state === "T" || state === "t";
  const isOurs = shim.runtime === "ts-v2";
  return [{
    kind: "silent-shim",
    what: `the shim ${pid} of ${namesOf(servers)} does not answer`,
    meaning: (isStopped ? "Somebody has stopped its process by a signal. " : "") +
      "Its containers run, but containerd can neither stop them nor start anything in them, and their exits are not told." +
      (isStopped
        ? ""
        : " It may wait for a disk or a network file system, or have a fault; tree tells what it waits for."),
    // Go's answers nobody while it creates a container.
    certainty: isStopped || isOurs ? "certain" : "likely",
    mend: isStopped
      ? `kill -CONT ${pid}`
      : isOurs
      ? `kill -USR1 ${pid} # it writes its state to containerd's log`
      : undefined,
  }];
}

function withoutContainers({ shim, servers }: ShimServers): Finding[] {
  const isIdle = servers.every(({ condition, containers, bundles }) =>
    condition === "serves" && containers.every(({ status }) => status === "gone") &&
    // A pod is there without containers, too.
    !bundles.some(({ isSandbox }) => isSandbox)
  );
  const age = ageOf(shim.process);
  if (!isIdle || age < IDLE) return [];
  const { pid } = shim.process;
  return [{
    kind: "shim-without-containers",
    what: `the shim ${pid} of ${namesOf(servers)} has no container, and is up for ${duration(age)}`,
    meaning:
      "It was not told to end when its last container went, or is of a containerd that has forgotten it. It uses memory, and nothing else.",
    certainty: "likely",
    mend: `kill ${pid}`,
  }];
}

const DELETED = " (deleted)";

/** The executable of a program in its script form is a file that Deno has open. */
function older({ shim, servers }: ShimServers): Finding[] {
  const { pid } = shim.process;
  const executable = linkOf(`/proc/${pid}/exe`);
  const open = [executable ?? "", ...descriptorsOf(pid).values()];
  const old = open.find((target) =>
    target.endsWith(DELETED) && /\/containerd-shim-[^/]+$/.test(target.slice(0, -DELETED.length))
  );
  if (old === undefined) return [];
  return [{
    kind: "older-version",
    what: `the shim ${pid} of ${namesOf(servers)} runs an executable that was replaced: ${
      old.slice(0, -DELETED.length)
    }`,
    meaning: shim.isSpare
      ? "It is a spare, which ends at the next start of a container."
      : "That is as it should be after an upgrade: a shim goes on as it is until its containers end. New containers have the new version; to have it for these, restart them.",
    certainty: "certain",
  }];
}

/** How a process that is a shim is called in findings. */
export function namesOf(servers: readonly AskedServer[]): string {
  return servers.map(({ namespace, id, shim }) =>
    shim?.isSpare ? `containerd ${shim.address}, a spare` : `${namespace}/${id}`
  ).join(", ");
}
