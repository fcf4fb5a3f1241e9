/**
 * Cgroups: the one of a container, the one of the shim, and those that a killed runtime has left.
 *
 * A page of the program loads all that a face names. So the action `delete` imports what removes the latter (`empty_cgroups.ts`) by its
 * file, see ../delete/clean_up.ts; and the statistics with their messages (`stats.ts`) are not among these.
 */
export { Cgroup } from "./cgroup.ts";
export { removeEmptyCgroups } from "./empty_cgroups.ts";
export type { Freezer } from "./freezer.ts";
export { ownCgroupFoldersOf, readShimCgroups, type ShimCgroups } from "./folders.ts";
export { joinCgroup } from "./processes.ts";
