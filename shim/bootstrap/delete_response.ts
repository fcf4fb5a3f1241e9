/** The answer of the action `delete`. It is encoded without protobuf's library, which would take longer to load than all else there. */
import { toTimestamp } from "../common/timestamp.ts";

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** How the init of a container ended, as `delete` answers it. */
export interface Ended {
  /** Init's pid; 0 if there never was an init. */
  readonly pid: number;
  readonly exitStatus: number;
  /** When it ended; not before 1970. */
  readonly exitedAt: Date;
}

/** Encodes a containerd.task.v2.DeleteResponse in protobuf's wire format (https://protobuf.dev/programming-guides/encoding/). */
export function encodeDeleteResponse({ pid, exitStatus, exitedAt }: Ended): Uint8Array {
  const { seconds, nanos } = toTimestamp(exitedAt);
  const timestamp = [...numberField(1, seconds), ...numberField(2, nanos)];
  return Uint8Array.from([
    ...numberField(1, pid),
    ...numberField(2, exitStatus),
    ...[3 << 3 | LENGTH_DELIMITED, timestamp.length, ...timestamp],
  ]);
}

/** The bytes of a field that is a varint; none for 0, which is the default. */
function numberField(field: number, value: number): number[] {
  if (value === 0) return [];
  const bytes = [field << 3 | VARINT];
  // Each byte has seven bits, the lowest ones first. Seconds have more than the 32 bits that JavaScript's bit operators take.
  for (; value > 0x7f; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  return [...bytes, value];
}
