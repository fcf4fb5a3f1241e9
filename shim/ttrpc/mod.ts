/**
 * ttrpc, containerd's small RPC over unix sockets: unary calls, as server and as client.
 *
 * @module
 */

export { type CallOptions, Client } from "./client.ts";
export type { Metadata } from "./metadata.ts";
export { Server } from "./server.ts";
export { type Call, type CallUnderWay, mapMethods, type Method, type Service } from "./service.ts";
export { StatusCode, StatusError, statusOf } from "./status.ts";
