/** Processes: how they are spawned and reaped, what they inherit, and how their descriptors are watched. */
export { ownExecutable } from "./executable.ts";
export { givenOpenFiles, raiseOpenFiles } from "./open_files.ts";
export { Reactor } from "./reactor.ts";
export { type Exit, type Expectation, Reaper } from "./reaper.ts";
export { watchSignals } from "./signals.ts";
export { type Child, type ChildStatus, type Spawner, spawner, type Stream } from "./spawn.ts";
export { StandardError } from "./standard_error.ts";
