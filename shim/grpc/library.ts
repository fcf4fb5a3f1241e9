/** The library grpc-js, which is loaded when it is first needed: that takes 60 ms and 8 MiB. */
import type { Buffer } from "node:buffer";

/** The library. */
export type Grpc = typeof import("@grpc/grpc-js");

/** Turns a payload into a message and back: the bytes are the same, but the library wants a Buffer. */
export interface Codec {
  serialize(payload: Uint8Array): Buffer;
  deserialize(message: Buffer): Uint8Array;
}

/** Loads the library, and turns off its messages on standard error. */
export async function loadGrpc(): Promise<{ grpc: Grpc; codec: Codec }> {
  // tools/build/build.ts looks for this import by its words.
  const { default: grpc } = await import("@grpc/grpc-js");
  const { Buffer } = await import("node:buffer");
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const codec: Codec = {
    serialize: ({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length),
    deserialize: ({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length),
  };
  return { grpc, codec };
}
