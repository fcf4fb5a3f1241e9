/** Where the server's log goes. */
import { open, OpenFlag, write } from "../libc/mod.ts";

/**
 * A sink that writes to a FIFO and never waits: opened for both directions it opens without a reader and a write to it can't end
 * in EPIPE, and what does not fit while nobody reads is dropped. Where there is no FIFO all is dropped.
 */
export function fifoSink(path: string): (line: Uint8Array<ArrayBuffer>) => void {
  let descriptor: number;
  try {
    descriptor = open(path, OpenFlag.RDWR | OpenFlag.NONBLOCK);
  } catch {
    return () => {};
  }
  return (line) => {
    try {
      write(descriptor, line);
    } catch {
      // There is nowhere left to say it.
    }
  };
}
