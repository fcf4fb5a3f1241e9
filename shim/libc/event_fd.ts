/** Counters in the kernel (eventfd(2)). */
import { read } from "./descriptor.ts";
import { check, symbols } from "./library.ts";

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

const ONE = new BigUint64Array([1n]);
const count = new BigUint64Array(1);

/** A counter that begins at 0, and whose descriptor is readable while it is not 0. */
export class EventFd {
  readonly descriptor = check(symbols.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");

  /** Adds 1. */
  add(): void {
    symbols.write(this.descriptor, ONE, 8n);
  }

  /** Sets it back to 0; returns what it was. */
  take(): number {
    return read(this.descriptor, new Uint8Array(count.buffer)) === -1 ? 0 : Number(count[0]);
  }
}
