/**
 * How a server is started and found again: the part that the server itself needs.
 *
 * The actions for which containerd waits (`start.ts`, and `lost_server.ts` for `delete`) import file by file, and are imported so: a page
 * of the program loads all that a face names.
 */
export { checkSocketPath, isAnswered, lockPath, sidePath } from "./address.ts";
export type { Arguments } from "./arguments.ts";
export { isAnswerGiven, say, sayFound, sayListening, takeGivenInput } from "./handshake.ts";
export { lockFile, removeAbandonedLocks } from "./lock_file.ts";
export { type Bootstrap, type EventsAddress, readBootstrap } from "./params.ts";
export { chosenProtocol, type Protocol } from "./protocol.ts";
