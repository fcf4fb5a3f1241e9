/** The answer of the action `delete`, encoded without protobuf's library: to load that takes longer than all else there. */
import { toTimestamp } from "../common/timestamp.ts";

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** A container's init that has ended, as `delete` tells of it. */
export interface Ended {
  /** 0 where it never had one. */
  readonly pid: number;
  readonly exitStatus: number;
  /** Not before 1970. */
  readonly exitedAt: Date;
}

/**
 * A containerd.task.v2.DeleteResponse in protobuf's wire format (https://protobuf.dev/programming-guides/encoding/).
 */
export function encodeDeleteResponse({ pid, exitStatus, exitedAt }: Ended): Uint8Array {
  const { seconds, nanos } = toTimestamp(exitedAt);
  const timestamp = [...numberField(1, seconds), ...numberField(2, nanos)];
  return Uint8Array.from([
    ...numberField(1, pid),
    ...numberField(2, exitStatus),
    ...[3 << 3 | LENGTH_DELIMITED, timestamp.length, ...timestamp],
  ]);
}

/** Nothing for 0, as that is the default. */
function numberField(field: number, value: number): number[] {
  if (value === 0) return [];
  const bytes = [field << 3 | VARINT];
  // Seven bits in each byte, the lowest first; seconds have more than the 32 bits of JavaScript's operators.
  for (; value > 0x7f; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  return [...bytes, value];
}
