/** What the doctor looks at, gathered once. */
import type { Hierarchy } from "../../runc/cgroup/hierarchy.ts";
import { identify } from "../../shim/libc/mod.ts";
import { type AskedServer, askServers } from "../ask/servers.ts";
import { readHierarchies } from "../../runc/cgroup/hierarchy.ts";
import { byParent, findProcess, type Process } from "../find/processes.ts";
import { type Survey, survey } from "../find/survey.ts";
import { Knowledge } from "./knowledge.ts";

/** The machine, as it was found. */
export interface Examined {
  readonly survey: Survey;
  readonly servers: readonly AskedServer[];
  readonly knowledge: Knowledge;
  readonly hierarchies: readonly Hierarchy[];
  /** The descendants of shims, with the shim that each has. */
  readonly ofShims: ReadonlyMap<Process, AskedServer>;
}

/** What is younger than this, in seconds, is left alone: it may be being made, or removed. */
export const YOUNG = 10;

/** Gathers all. */
export async function examine(): Promise<Examined> {
  const looked = survey();
  const servers = await askServers(looked.servers);
  return {
    survey: looked,
    servers,
    knowledge: await Knowledge.gather(servers, looked.containerds),
    hierarchies: readHierarchies(),
    ofShims: descendants(looked, servers),
  };
}

/** How long ago a file or folder was changed, in seconds; undefined where it is not there any more. */
export function ageOfPath(path: string): number | undefined {
  const found = identify(path);
  return found && Date.now() / 1000 - found.modified;
}

/** Whether a process is still there, and in the same state: what is seen once may be over in a moment. */
export function isStill({ pid, startTicks, state }: Process): boolean {
  const now = findProcess(pid);
  return now !== undefined && now.startTicks === startTicks && now.state === state;
}

function descendants(
  { processes }: Survey,
  servers: readonly AskedServer[],
): Map<Process, AskedServer> {
  const children = byParent(processes.values());
  const found = new Map<Process, AskedServer>();
  for (const server of servers) {
    if (server.shim === undefined) continue;
    const tree = new Set([server.shim.process]);
    for (const each of tree) for (const child of children.get(each.pid) ?? []) tree.add(child);
    tree.delete(server.shim.process);
    for (const each of tree) found.set(each, server);
  }
  return found;
}
