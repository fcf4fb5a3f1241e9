/** The answer of the action `delete`. */
import { toTimestamp } from "../common/timestamp.ts";
import { bytesField, numberField } from "./wire.ts";

/** How the init of a container ended, as `delete` answers it. */
export interface Ended {
  /** Init's pid; 0 if there never was an init. */
  readonly pid: number;
  readonly exitStatus: number;
  /** When it ended; not before 1970. */
  readonly exitedAt: Date;
}

/** Encodes a containerd.task.v2.DeleteResponse. */
export function encodeDeleteResponse({ pid, exitStatus, exitedAt }: Ended): Uint8Array {
  const { seconds, nanos } = toTimestamp(exitedAt);
  const timestamp = [...numberField(1, seconds), ...numberField(2, nanos)];
  return Uint8Array.from([
    ...numberField(1, pid),
    ...numberField(2, exitStatus),
    ...bytesField(3, timestamp),
  ]);
}
