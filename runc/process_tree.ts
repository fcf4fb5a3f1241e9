/** What /proc tells of processes: who is below whom, and who is beside whom. */
import {
  killIfThere,
  listFolders,
  readLink,
  readText,
  SIGKILL,
  SIGSTOP,
  statFields,
} from "../shim/libc/mod.ts";

/** How many clock ticks of /proc are a second (USER_HZ), on every machine that Deno runs on. */
const TICKS = 100;

// Of what statFields() answers, see proc(5).
const PARENT = 1, START_TIME = 19;

/** Processes, their children, the children of these, and so on. */
export function withDescendants(pids: Iterable<number>): number[] {
  const children = Map.groupBy(allPids(), parentOf);
  const found = new Set(pids);
  // A set goes on to those that are added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

/**
 * Kills a child and all below it. Those must be found before any of them is gone: whose parent is gone can't be told from others; and a
 * process that is stopped has no more children.
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

/** Undefined for one that has ended meanwhile. */
function parentOf(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields && Number(fields[PARENT]);
}

/**
 * Our children beside another process that have begun not long ago: what a runtime has made, or is about to make, of an exec. Where the
 * container has no PID namespace of its own, so may be a daemon of it, which nothing tells from such a one.
 * @param pid They are in its mount namespace.
 * @param age They have begun so many ms ago or later, give or take a clock tick.
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

/** Undefined for one that has ended. */
function mountNamespaceOf(pid: number): string | undefined {
  try {
    return readLink(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
