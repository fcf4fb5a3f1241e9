/**
 * A kit for shims: all that containerd expects of any shim, and nothing of runc. docs/writing-a-shim.md builds a shim on it.
 *
 * - A shim's main module calls `run` of run.ts, the one thing that is not here: what is here belongs to the server, and containerd waits
 *   for actions that need none of it.
 * - A Task service is a {@linkcode ServedTask}. It gets a {@linkcode Shim} to work with, and a {@linkcode Bootstrap}: what containerd has
 *   told at the start. It throws {@linkcode StatusError}s. The messages of its calls are types of this module, too.
 * - A container that is a process of the host is a {@linkcode HostProcess}.
 * - For any other: {@linkcode Pipes} and {@linkcode Terminal} are the streams of a process, {@linkcode mountRootfs} makes its root file
 *   system, {@linkcode Shim.reaper} tells of its end, and {@linkcode Shim.reactor} of what is ready to be read.
 * - What Deno's own functions don't do, as Deno has no permission for it or knows no signals by number: {@linkcode readText} and
 *   {@linkcode listFolders} of /proc and /sys, {@linkcode kill} and {@linkcode killIfThere}, which fail with a {@linkcode SystemError}.
 */

// The Task service, and what the server offers to it.
export type { Arguments, Bootstrap } from "./bootstrap/mod.ts";
export type { CreateTask, Publisher, Sandbox, ServedTask, Shim, Task } from "./server/mod.ts";
export { type Call, StatusCode, StatusError } from "./ttrpc/mod.ts";
export type * from "../proto/mod.ts";
export { TaskStatus } from "../proto/mod.ts";

// Processes, their streams and root file systems.
export { type HostCommand, HostProcess } from "./host/mod.ts";
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
} from "./process/mod.ts";
export { type Mount, mountRootfs, unmountRootfs } from "./rootfs/mod.ts";
export { type Owner, Pipes, type Stdio, type StdioPaths, Terminal } from "./stdio/mod.ts";

// Small things.
export { type Fields, type Logger, orWarn, removeIfThere, toTimestamp } from "./common/mod.ts";
export {
  Errno,
  kill,
  killIfThere,
  listFolders,
  readText,
  SIGKILL,
  SystemError,
} from "./libc/mod.ts";
