/** The ways in which a relay moves bytes. */
import { Errno, read, splice, SystemError, write } from "./libc/mod.ts";

/**
 * Moves some bytes.
 * @returns How many; 0 at the end of the source; -1 where the source is empty or the target full now.
 * @throws {SystemError}
 */
export type Transfer = (source: number, target: number) => number;

const SPLICE_BYTES = 1 << 20;
const COPY_BYTES = 1 << 15;

/** Inside the kernel; one of the two must be a pipe or FIFO. */
export const splicing: Transfer = (source, target) => splice(source, target, SPLICE_BYTES);

/** By a buffer of one's own, for terminals: not every kernel can splice them. Makes a transfer for one pair of descriptors. */
export function copying(): Transfer {
  const buffer = new Uint8Array(COPY_BYTES);
  let rest = buffer.subarray(0, 0);
  return (source, target) => {
    if (rest.length === 0) {
      const count = read(source, buffer);
      if (count <= 0) return count;
      rest = buffer.subarray(0, count);
    }
    const written = writeOrDrop(target, rest);
    if (written !== -1) rest = rest.subarray(written);
    return written;
  };
}

/** What is typed while nobody has the terminal open is lost, as with any terminal. */
function writeOrDrop(target: number, data: Uint8Array<ArrayBuffer>): number {
  try {
    return write(target, data);
  } catch (error) {
    if (error instanceof SystemError && error.errno === Errno.EIO) return data.length;
    throw error;
  }
}
