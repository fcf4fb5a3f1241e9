/** Which processes belong together, as far as /proc tells: by their parents, and by their namespaces. */
import {
  killIfThere,
  listFolders,
  readLink,
  readText,
  SIGKILL,
  SIGSTOP,
  statFields,
} from "../shim/libc/mod.ts";

/** How many clock ticks of /proc make a second (USER_HZ), on every machine that Deno runs on. */
const TICKS = 100;

// Positions in what statFields() returns, see proc(5).
const PARENT = 1, START_TIME = 19;

/** The pids of processes and of all their descendants. */
export function withDescendants(pids: Iterable<number>): number[] {
  const children = Map.groupBy(allPids(), parentOf);
  const found = new Set(pids);
  // The iteration visits also what is added to the set meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

/**
 * Kills a child and all its descendants. They are stopped first, so that they make no more children, and all are found before the
 * first one is killed: the children of a process that has ended have another parent.
 */
export function killTree(pid: number): void {
  const tree = new Set([pid]);
  for (const each of tree) {
    killIfThere(each, SIGSTOP);
    for (const below of withDescendants(tree)) tree.add(below);
  }
  for (const each of tree) killIfThere(each, SIGKILL);
}

/** The pids of all processes. */
export function allPids(): number[] {
  return listFolders("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The parent's pid; undefined if the process has ended meanwhile. */
function parentOf(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields && Number(fields[PARENT]);
}

/**
 * Our children in the mount namespace of a process that are not older than so many ms: what a runtime has made of an exec whose pid it
 * has not written. In a container without a PID namespace of its own a new daemon looks the same, as we are its parent, too.
 * @param age In ms; exact to two clock ticks.
 */
export function youngChildrenBeside(pid: number, age: number): number[] {
  const namespace = mountNamespaceOf(pid);
  if (namespace === undefined) return [];
  const [uptime] = readText("/proc/uptime").split(" ").map(Number);
  const earliest = Math.floor((uptime - age / 1000) * TICKS);
  return allPids().filter((each) => {
    const fields = each === pid ? undefined : statFields(each);
    if (fields === undefined || Number(fields[PARENT]) !== Deno.pid) return false;
    return Number(fields[START_TIME]) >= earliest && mountNamespaceOf(each) === namespace;
  });
}

/** What names the mount namespace of a process; undefined if the process has ended. */
function mountNamespaceOf(pid: number): string | undefined {
  try {
    return readLink(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
