/** Processes and those below them, as /proc tells. */
import { listFolders, statFields } from "../shim/mod.ts";

/** Processes, their children, the children of these, and so on. */
export function withDescendants(pids: Iterable<number>): number[] {
  const everyone = listFolders("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const children = Map.groupBy(everyone, parentOf);
  const found = new Set(pids);
  // A set goes on to those that are added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

/** Undefined for one that has ended meanwhile. */
function parentOf(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields && Number(fields[1]);
}
