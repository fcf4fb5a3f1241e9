/** gRPC over unix sockets, for what does not speak ttrpc: unary calls, on HTTP/2 as Node.js has it. To be loaded only when needed. */
export { Client } from "./client.ts";
export { Server } from "./server.ts";
