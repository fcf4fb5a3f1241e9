/**
 * A kit for shims: all that containerd expects of any shim, and nothing of runc. Who has a {@linkcode Task} service can
 * {@linkcode serve} it.
 */
export type { Arguments } from "./arguments.ts";
export type { Bootstrap } from "./bootstrap.ts";
export type { Fields, Logger } from "./logger.ts";
export type { Exit, Expectation, Reaper } from "./reaper.ts";
export { type Child, type ChildStatus, type Spawner, spawner } from "./spawn.ts";
export { StandardError } from "./standard_error.ts";
export {
  Errno,
  kill,
  killIfThere,
  listFolders,
  readLink,
  readText,
  SIGKILL,
  SIGSTOP,
  statFields,
  SystemError,
  unmountAll,
  writeText,
} from "./libc/mod.ts";
export type { Publisher } from "./events.ts";
export { exists } from "./exists.ts";
export { orWarn } from "./or_warn.ts";
export type { Reactor } from "./reactor.ts";
export { removeIfThere } from "./remove_if_there.ts";
export { Serial } from "./serial.ts";
export { type Mount, mountRootfs, unmountRootfs } from "./rootfs.ts";
export type { DescribedTask, Shim } from "./serve.ts";
export type { Owner, Stdio, StdioPaths } from "./stdio.ts";
export { Pipes } from "./pipes.ts";
export { Terminal } from "./terminal.ts";
export type { Task } from "./task.ts";
export { toTimestamp } from "./timestamp.ts";
export { type Call, StatusCode, StatusError } from "./ttrpc/mod.ts";
