/**
 * Cgroups: the one of a container, the one of the shim, and those that a killed runtime has left.
 *
 * The action `delete` imports what removes the latter (`empty_cgroups.ts`) by its file: a page of the program loads all that a face
 * names, as here the statistics with their messages. See ../delete/clean_up.ts.
 */
export { Cgroup } from "./cgroup.ts";
export { removeEmptyCgroups } from "./empty_cgroups.ts";
export { ownCgroupFoldersOf, readShimCgroups, type ShimCgroups } from "./folders.ts";
export { joinCgroup } from "./processes.ts";
export { readStatsAt } from "./stats.ts";
