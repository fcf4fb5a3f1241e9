/** gRPC over unix sockets, for what does not speak ttrpc: unary calls, by grpc-js. To be loaded only when needed. */
export { Client } from "./client.ts";
export { Server } from "./server.ts";
