/** Processes and those below them, as /proc tells. */
import { listFolders, readText } from "../shim/mod.ts";

/** Processes, their children, the children of these, and so on. */
export function withDescendants(pids: Iterable<number>): number[] {
  const everyone = listFolders("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const children = Map.groupBy(everyone, parentOf);
  const found = new Set(pids);
  // A set goes on to those that are added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readText(`/proc/${pid}/stat`);
    // proc(5): behind the name, which may hold anything, come the state and the parent.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
