/**
 * What the shim and its runtime leave in a bundle, and what they read there.
 *
 * The first look of the action `delete` (`../delete/clean_up.ts`) imports these file by file: it needs but some of them.
 */
export { forgetContainer, noteContainer } from "./noted_containers.ts";
export { keepRuntime } from "./keep_runtime.ts";
export { withMember } from "./member.ts";
export { execPidFile, initPidFile, readPid, writtenPid } from "./pid_file.ts";
export { forgetRuntime, isKnown, type KeptRuntime, type Runtime, runtimeOf } from "./runtime.ts";
export { hasOwnPidNamespace, type LinuxIdMapping, readSpec, type Spec } from "./spec.ts";
