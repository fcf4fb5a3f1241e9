/**
 * A kit for shims: all that containerd expects of any shim, and nothing of runc. Who has a {@linkcode Task} service can
 * {@linkcode serve} it.
 */
export type { Arguments, Bootstrap } from "./bootstrap/mod.ts";
export {
  exists,
  type Fields,
  type Logger,
  orWarn,
  removeIfThere,
  toTimestamp,
} from "./common/mod.ts";
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
export {
  type Child,
  type ChildStatus,
  type Exit,
  type Expectation,
  ownExecutable,
  type Reactor,
  type Reaper,
  type Spawner,
  spawner,
  StandardError,
} from "./process/mod.ts";
export { type Mount, mountRootfs, unmountRootfs } from "./rootfs/mod.ts";
export type { Publisher } from "./server/events.ts";
export type { CreateTask, Shim } from "./server/shim.ts";
export type { ServedTask, Task } from "./server/task.ts";
export { type Owner, Pipes, type Stdio, type StdioPaths, Terminal } from "./stdio/mod.ts";
export { type Call, StatusCode, StatusError } from "./ttrpc/mod.ts";
export { type HostCommand, HostProcess } from "./host/mod.ts";
export type * from "../proto/mod.ts";
export { TaskStatus } from "../proto/mod.ts";
