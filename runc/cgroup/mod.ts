/**
 * Cgroups: that of a container, that of the shim, and those that are left.
 *
 * What removes those (`empty_cgroups.ts`) is imported file by file by the action `delete`, see runc/delete/clean_up.ts: a page of the
 * program loads all that a face names, as here the statistics with their messages.
 */
export { Cgroup } from "./cgroup.ts";
export { removeEmptyCgroups } from "./empty_cgroups.ts";
export { ownCgroupFoldersOf } from "./folders.ts";
export { joinCgroup } from "./processes.ts";
