/**
 * The system calls that are behind WASI's, by Deno's FFI. Deno's own API has neither paths below an open folder nor poll(2), keeps times
 * to the millisecond, and refuses /dev and /proc. Each function throws a {@linkcode LibcError}.
 */

/** Each is opened when it is first used. */
const FUNCTIONS = {
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "i64" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i64" },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "i64" },
  pwrite: { parameters: ["i32", "buffer", "usize", "i64"], result: "i64" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  fsync: { parameters: ["i32"], result: "i32" },
  fdatasync: { parameters: ["i32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  fallocate: { parameters: ["i32", "i32", "i64", "i64"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  futimens: { parameters: ["i32", "buffer"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "i64" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  linkat: { parameters: ["i32", "buffer", "i32", "buffer", "i32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "usize"], result: "i64" },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  ppoll: { parameters: ["buffer", "u64", "buffer", "pointer"], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
  chroot: { parameters: ["buffer"], result: "i32" },
  setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  setgid: { parameters: ["u32"], result: "i32" },
  setuid: { parameters: ["u32"], result: "i32" },
  // glibc has functions for these three only since 2.36.
  open_tree: { name: "syscall", parameters: ["i64", "i32", "buffer", "u32"], result: "i64" },
  move_mount: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i64",
  },
  mount_setattr: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32", "buffer", "usize"],
    result: "i64",
  },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];
type Name = keyof typeof FUNCTIONS;

const LIBC = "libc.so.6";
const { __errno_location } = Deno.dlopen(LIBC, {
  __errno_location: { parameters: [], result: "pointer" },
}).symbols;
const errnoView = new Deno.UnsafePointerView(__errno_location()!);
const opened: Partial<Record<Name, (...args: unknown[]) => number | bigint>> = {};

/** A system call that failed. */
export class LibcError extends Error {
  /** @param errno As Linux has it, see errno(3). */
  constructor(call: string, readonly errno: number) {
    super(`${call} failed with errno ${errno}`);
  }
}

/**
 * Calls a function of libc.
 * @returns What it returned; a size or an offset is below 2^53 on any file system.
 * @throws {LibcError} where that was -1.
 */
export function call<Function extends Name>(
  name: Function,
  ...args: Parameters<Symbols[Function]>
): number {
  const symbol = opened[name] ??= Deno.dlopen(LIBC, { [name]: FUNCTIONS[name] })
    .symbols[name] as unknown as (typeof opened)[Name];
  const result = Number(symbol!(...args));
  if (result === -1) throw new LibcError(name, errnoView.getInt32());
  return result;
}

const encoder = new TextEncoder();

/** A path as C wants it: UTF-8 with a NUL at its end. */
export function cString(path: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(path + "\0");
}
