/** Error numbers: Linux's, and WASI's for them. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import { LibcError } from "./libc.ts";

/** Those that the calls of this folder can have (asm-generic/errno.h, the same on x86-64 and arm64). */
const WASI_ERRNO: Readonly<Record<number, number>> = {
  1: wasi.ERRNO_PERM,
  2: wasi.ERRNO_NOENT,
  4: wasi.ERRNO_INTR,
  5: wasi.ERRNO_IO,
  6: wasi.ERRNO_NXIO,
  9: wasi.ERRNO_BADF,
  11: wasi.ERRNO_AGAIN,
  12: wasi.ERRNO_NOMEM,
  13: wasi.ERRNO_ACCES,
  14: wasi.ERRNO_FAULT,
  16: wasi.ERRNO_BUSY,
  17: wasi.ERRNO_EXIST,
  18: wasi.ERRNO_XDEV,
  19: wasi.ERRNO_NODEV,
  20: wasi.ERRNO_NOTDIR,
  21: wasi.ERRNO_ISDIR,
  22: wasi.ERRNO_INVAL,
  23: wasi.ERRNO_NFILE,
  24: wasi.ERRNO_MFILE,
  25: wasi.ERRNO_NOTTY,
  26: wasi.ERRNO_TXTBSY,
  27: wasi.ERRNO_FBIG,
  28: wasi.ERRNO_NOSPC,
  29: wasi.ERRNO_SPIPE,
  30: wasi.ERRNO_ROFS,
  31: wasi.ERRNO_MLINK,
  32: wasi.ERRNO_PIPE,
  34: wasi.ERRNO_RANGE,
  36: wasi.ERRNO_NAMETOOLONG,
  37: wasi.ERRNO_NOLCK,
  38: wasi.ERRNO_NOSYS,
  39: wasi.ERRNO_NOTEMPTY,
  40: wasi.ERRNO_LOOP,
  75: wasi.ERRNO_OVERFLOW,
  95: wasi.ERRNO_NOTSUP,
  116: wasi.ERRNO_STALE,
  122: wasi.ERRNO_DQUOT,
};

/** A call that is refused before the kernel is asked. */
export class WasiError extends Error {
  /** @param errno As WASI has it. */
  constructor(readonly errno: number) {
    super(`refused with WASI's errno ${errno}`);
  }
}

/** Does what a WASI function is to do, and answers its error number, 0 where there is no error. */
export function errnoOf(work: () => void): number {
  try {
    work();
    return wasi.ERRNO_SUCCESS;
  } catch (error) {
    if (error instanceof LibcError) return WASI_ERRNO[error.errno] ?? wasi.ERRNO_IO;
    if (error instanceof WasiError) return error.errno;
    throw error;
  }
}
