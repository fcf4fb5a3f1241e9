/** The FIFO in the bundle from which containerd reads the server's log. */
import { open, OpenFlag, write } from "../libc/mod.ts";

/**
 * Makes a sink that writes to a FIFO and never waits. The FIFO is opened for both directions, so that it needs no reader and a write
 * never fails with EPIPE. What does not fit into it while nobody reads is dropped; so is everything if there is no FIFO.
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
      // There is nowhere left to report it.
    }
  };
}
