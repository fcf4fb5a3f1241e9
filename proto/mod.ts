/**
 * The messages that containerd and the shim exchange, as the .proto files declare them, all in one scope:
 *
 * ```ts
 * import { CreateTaskRequest, TaskExit } from "./mod.ts";
 *
 * const request: CreateTaskRequest = CreateTaskRequest.decode(bytes);
 * const event: TaskExit.Properties = { containerId: request.id, exitStatus: 137 };
 * TaskExit.encode(event).finish();
 * ```
 *
 * - `CreateTaskRequest`, the value, encodes and decodes.
 * - `CreateTaskRequest`, the type, is a decoded message. Every field is there: one that did not come
 *   has the default of proto3 (`""`, 0, false, no bytes, `[]`, `{}`), or is null where it is a message
 *   or `optional`.
 * - `CreateTaskRequest.Properties` is what can be encoded: a plain object, or a decoded message. Every
 *   field may be left out.
 *
 * Decoded bytes are views of the buffer they came in. 64-bit integers are decoded as numbers, exact up
 * to 2^53 on either side of 0 and rounded beyond; encoded they may be bigints, exact throughout.
 *
 * @module
 */

export * from "./generated.ts";
export type { MessageType } from "./protobuf.ts";
