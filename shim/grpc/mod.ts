/** gRPC over unix sockets by grpc-js, for peers that do not speak ttrpc: unary calls, and for a client streams of answers. It is loaded only when it is needed. */
export { Client } from "./client.ts";
export { Server } from "./server.ts";
