/** How bytes are moved from one descriptor to another. */
import { Errno, read, splice, SystemError, unreadBytes, write } from "../libc/mod.ts";

/** What a {@linkcode Transfer} returns if the source has nothing to read now. */
export const SOURCE_EMPTY = -1;
/** What a {@linkcode Transfer} returns if the target takes nothing now. */
export const TARGET_FULL = -2;

/**
 * Moves some bytes.
 * @returns How many; 0 at the end of the source; {@linkcode SOURCE_EMPTY}; or {@linkcode TARGET_FULL}, also if bytes are left that
 * were read from the source already.
 * @throws {SystemError} EPIPE if the target has no reader, EIO if the source is a terminal that nobody has open.
 */
export type Transfer = (source: number, target: number) => number;

/** The writing end of a pipe, and how bytes come into it. */
export interface Output {
  readonly target: number;
  readonly transfer: Transfer;
}

const SPLICE_BYTES = 1 << 20;
const COPY_BYTES = 1 << 15;
/** Where a read gives so much, more is likely to be there, or about to come. */
const MUCH_BYTES = 1 << 11;
/**
 * How long more is looked for then, in ms. A terminal's buffer has room for 4 KiB, which a worker of the kernel's fills again, as soon as
 * a processor has woken up for it: some 20 µs. read(2) sleeps for that, and to be woken takes as long again.
 */
const LOOK_MS = 0.03;

/** Moves bytes inside the kernel by splice(2); one of the two must be a pipe or FIFO. */
export const splicing: Transfer = (source, target) => {
  const moved = splice(source, target, SPLICE_BYTES);
  if (moved !== -1) return moved;
  // The kernel returns EAGAIN in both cases.
  return unreadBytes(source) > 0 ? TARGET_FULL : SOURCE_EMPTY;
};

/** Makes a transfer for one pair of descriptors that copies by a buffer: for terminals, which not every kernel can splice. */
export function copying(): Transfer {
  const buffer = new Uint8Array(COPY_BYTES);
  let rest = buffer.subarray(0, 0);
  return (source, target) => {
    if (rest.length === 0) {
      const count = readMuch(source, buffer);
      if (count === -1) return SOURCE_EMPTY;
      if (count === 0) return 0;
      rest = buffer.subarray(0, count);
    }
    const written = writeOrDrop(target, rest);
    if (written !== -1) rest = rest.subarray(written);
    return rest.length > 0 ? TARGET_FULL : written;
  };
}

/**
 * Reads what there is and what comes at once, up to a buffer full: a terminal gives 4 KiB at most at a time, and each write wakes the
 * target's reader. An error after the first bytes is not told: the next read will fail, too.
 */
function readMuch(source: number, buffer: Uint8Array<ArrayBuffer>): number {
  let length = read(source, buffer);
  if (length < MUCH_BYTES) return length;
  try {
    while (length < buffer.length && comesSoon(source)) {
      const count = read(source, buffer.subarray(length));
      if (count <= 0) break;
      length += count;
    }
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return length;
}

/** Whether a source has something to read, now or in a moment. */
function comesSoon(source: number): boolean {
  const begin = performance.now();
  do {
    if (unreadBytes(source) > 0) return true;
  } while (performance.now() - begin < LOOK_MS);
  return false;
}

/** Writes to a target. Input for a terminal that nobody has open (EIO) is lost, as with any terminal. */
function writeOrDrop(target: number, data: Uint8Array<ArrayBuffer>): number {
  try {
    return write(target, data);
  } catch (error) {
    if (error instanceof SystemError && error.errno === Errno.EIO) return data.length;
    throw error;
  }
}
