/** The memory of this process beside JavaScript's. */
import { readText } from "./kernel_files.ts";
import { check, symbols } from "./library.ts";

const MADV_DONTNEED = 4;
/** More than a ucontext_t has, in bytes. */
const CONTEXT_BYTES = 8192;
/** Where a ucontext_t has the stack pointer: glibc's sys/ucontext.h, and the kernel's asm/sigcontext.h. */
const STACK_POINTER = Deno.build.arch === "aarch64" ? 432 : 160;
/** The largest pages that the kernels of these machines have, in bytes. */
const PAGE_BYTES = (Deno.build.arch === "aarch64" ? 64n : 4n) << 10n;
/** More than the calls here need of the stack, in bytes: they go through V8, Deno and libffi. */
const CALL_BYTES = 32n << 10n;

/** Gives pages back to the kernel that malloc(3) holds free. */
export function trimMemory(): void {
  symbols.malloc_trim(0n);
}

/**
 * Gives pages of the main thread's stack back to the kernel that lie deeper than it is now: V8 was deep in it when it began, by some
 * 350 KiB. To be called by the main thread.
 * @throws {SystemError} If the kernel refuses it.
 */
export function trimStack(): void {
  const [, start] = /^([\da-f]+)-.*\[stack\]$/m.exec(readText("/proc/self/maps"))!;
  const deepest = BigInt(`0x${start}`);
  const context = new DataView(new ArrayBuffer(CONTEXT_BYTES));
  check(symbols.getcontext(context.buffer), "get the context");
  const end = (context.getBigUint64(STACK_POINTER, true) - CALL_BYTES) / PAGE_BYTES * PAGE_BYTES;
  if (end <= deepest) return;
  check(symbols.madvise(deepest, end - deepest, MADV_DONTNEED), "give back the stack");
}
