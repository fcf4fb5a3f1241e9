/**
 * How a server comes to be, and what tells it apart: for the server itself.
 *
 * What containerd executes and waits for (`start.ts`, and `lost_server.ts` for `delete`) is imported file by file, here as elsewhere: a
 * page of the program loads all that a face names.
 */
export { checkSocketPath, isAnswered, lockPath, sidePath } from "./address.ts";
export type { Arguments } from "./arguments.ts";
export { isAnswerGiven, say, sayFound, sayListening, takeGivenInput } from "./handshake.ts";
export { lockFile, removeAbandonedLocks } from "./lock_file.ts";
export { type Bootstrap, type EventsAddress, readBootstrap } from "./params.ts";
export { chosenProtocol, type Protocol } from "./protocol.ts";
