/**
 * How a server is started and found again: the part that every server needs.
 *
 * The actions for which containerd waits (`start.ts`, and `lost_server.ts` for `delete`) import file by file, and are imported so, as
 * are doors, which not every server has: a page of the program loads all that a face names.
 */
export { checkSocketPath, lockPath, nameServer, sidePath } from "./address.ts";
export type { Arguments } from "./arguments.ts";
export { say, serverArguments, Spawned, type Start } from "./handshake.ts";
export { isAnswered } from "./is_answered.ts";
export { lockFile, removeAbandonedLocks } from "./lock_file.ts";
export { type Bootstrap, type EventsAddress, readBootstrap } from "./params.ts";
export { isTelemetryWanted, lastSpansSent, takeTelemetryVariables } from "./telemetry_variables.ts";
export { adjustOomScore } from "./oom_score.ts";
export { environmentOf, inherited, inheritedBy, ownCgroups, versionsIn } from "./inherited.ts";
export type { Caller } from "./door.ts";
