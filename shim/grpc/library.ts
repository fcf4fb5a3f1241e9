/** gRPC's own library, loaded when it is first needed: it takes 60 ms and 8 MiB. */
import type { Buffer } from "node:buffer";

/** The library. */
export type Grpc = typeof import("@grpc/grpc-js");

/** How to put a payload into a message and take it out again: they are the same, but the library wants a Buffer. */
export interface Codec {
  serialize(payload: Uint8Array): Buffer;
  deserialize(message: Buffer): Uint8Array;
}

/** Loads the library, silenced: where a shim's standard error goes nobody looks. */
export async function loadGrpc(): Promise<{ grpc: Grpc; codec: Codec }> {
  // The words of this import are known to tools/build/build.ts.
  const { default: grpc } = await import("@grpc/grpc-js");
  const { Buffer } = await import("node:buffer");
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const codec: Codec = {
    serialize: ({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length),
    deserialize: ({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length),
  };
  return { grpc, codec };
}
