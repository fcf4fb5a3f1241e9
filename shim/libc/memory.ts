/** The memory of this process beside JavaScript's. */
import { symbols } from "./library.ts";

/** Gives pages back to the kernel that malloc(3) holds free. */
export function trimMemory(): void {
  symbols.malloc_trim(0n);
}
