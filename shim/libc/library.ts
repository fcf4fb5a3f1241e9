/**
 * The functions of libc, and the error that a failed call becomes. A function is found when it is first used, and called by its address
 * at first, which takes 2 us; what is called often is compiled by Deno, which takes 0.3 ms, and 0.3 us a call from then on. The actions
 * for which containerd waits call many functions once.
 *
 * The calls are synchronous, so that errno can be read after them. Those with `_nonblocking` in their names wait in
 * a thread of Deno's pool, which has 32 of them (its tokio_util.rs).
 */

const LIBC = "libc.so.6";

/** The functions with their types as the FFI sees them. */
const FUNCTIONS = {
  strerror: { parameters: ["i32"], result: "pointer" },

  malloc_trim: { parameters: ["usize"], result: "i32" },
  getcontext: { parameters: ["buffer"], result: "i32" },
  // Of an address that is known as a number.
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
  memcpy: { parameters: ["pointer", "buffer", "usize"], result: "pointer" },

  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
  waitid_nonblocking: {
    name: "waitid",
    parameters: ["i32", "u32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  signalfd: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },

  posix_spawnp: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "pointer"],
    result: "i32",
  },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_adddup2: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },

  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  open_nonblocking: {
    name: "open",
    parameters: ["buffer", "i32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  close: { parameters: ["i32"], result: "i32" },
  close_nonblocking: { name: "close", parameters: ["i32"], result: "i32", nonblocking: true },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fchdir: { parameters: ["i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  flock_nonblocking: {
    name: "flock",
    parameters: ["i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  // These return ssize_t. As we never ask for 2 GiB at once, its lower half is enough, and is no bigint.
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  write_nonblocking: {
    name: "write",
    parameters: ["i32", "buffer", "usize"],
    result: "i32",
    nonblocking: true,
  },
  statx_nonblocking: {
    name: "statx",
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  fstatfs_nonblocking: {
    name: "fstatfs",
    parameters: ["i32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "i32" },
  poll_nonblocking: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "i32" },
  splice: { parameters: ["i32", "pointer", "i32", "pointer", "usize", "u32"], result: "i32" },

  opendir: { parameters: ["buffer"], result: "pointer" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  rmdir: { parameters: ["buffer"], result: "i32" },
  rmdir_nonblocking: { name: "rmdir", parameters: ["buffer"], result: "i32", nonblocking: true },
  closedir: { parameters: ["pointer"], result: "i32" },

  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  epoll_wait_nonblocking: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },

  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i64" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },

  unshare: { parameters: ["i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  sethostname: { parameters: ["buffer", "usize"], result: "i32" },
  pthread_sigmask: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  pthread_create: { parameters: ["buffer", "pointer", "pointer", "pointer"], result: "i32" },
  pthread_join: { parameters: ["u64", "pointer"], result: "i32" },
  sem_init: { parameters: ["pointer", "i32", "u32"], result: "i32" },
  sem_post: { parameters: ["pointer"], result: "i32" },

  mount: { parameters: ["buffer", "buffer", "buffer", "u64", "buffer"], result: "i32" },
  // It is called with the arguments of close_range(2), for which glibc has a function only since 2.34.
  syscall: { parameters: ["i64", "u32", "u32", "u32"], result: "i64" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  umount2_nonblocking: {
    name: "umount2",
    parameters: ["buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // glibc has functions for these three system calls only since 2.36.
  open_tree: { name: "syscall", parameters: ["i64", "i32", "buffer", "u32"], result: "i64" },
  mount_setattr: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "u32", "buffer", "usize"],
    result: "i64",
  },
  move_mount: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "i32", "buffer", "u32"],
    result: "i64",
  },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Deno.DynamicLibrary<typeof FUNCTIONS>["symbols"];

/** After so many calls of a function it is compiled. */
const SELDOM = 100;

// libc itself has it only since glibc 2.34, but then this library leads there. As a "static" Deno gives a symbol's address, and compiles
// nothing.
const { dlsym: address } = Deno.dlopen("libdl.so.2", { dlsym: { type: "pointer" } }).symbols;
const dlsym = new Deno.UnsafeFnPointer(
  // deno-lint-ignore no-explicit-any -- it has no type
  address as Deno.PointerObject<any>,
  { parameters: ["pointer", "buffer"], result: "pointer" },
);

const encoder = new TextEncoder();

/** A string as C wants it: UTF-8 with a NUL at its end. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text + "\0");
}

/** The address of a function or a variable of libc. */
function find<Type>(name: string): Deno.PointerObject<Type> {
  const address = dlsym.call(null, cString(name)) as Deno.PointerValue<Type>;
  if (address === null) throw new Error(`there is no ${name} in this machine's ${LIBC}`);
  return address;
}

/**
 * The functions. The first use of one finds it, and throws an Error that names it if this libc has no such function.
 */
export const symbols = {} as Symbols;
for (const [name, type] of Object.entries<Deno.ForeignFunction & { name?: string }>(FUNCTIONS)) {
  Object.defineProperty(symbols, name, {
    configurable: true,
    get() {
      const byAddress = new Deno.UnsafeFnPointer(find(type.name ?? name), type);
      let left = SELDOM;
      define(name, (...args: Parameters<typeof byAddress.call>) => {
        if (left-- === 0 && !type.nonblocking) compile(name);
        return byAddress.call(...args);
      });
      return symbols[name as keyof Symbols];
    },
  });
}

/** Lets Deno compile a function, which happens by itself when it has been called often. */
export function compile(name: string): void {
  const type = FUNCTIONS[name as keyof Symbols];
  define(name, Deno.dlopen(LIBC, { [name]: type }).symbols[name]);
}

function define(name: string, value: unknown): void {
  Object.defineProperty(symbols, name, { configurable: true, value });
}

/** The addresses of libc's variables, and of a function that libc itself is to call. */
export const variables = {
  get environ(): Deno.PointerObject {
    return find("environ");
  },
  get sem_wait(): Deno.PointerObject {
    return find("sem_wait");
  },
};

/** The errors that callers distinguish (asm-generic/errno-base.h and errno.h, the same on x86-64 and arm64). */
export const Errno = {
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ECHILD: 10,
  EAGAIN: 11,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EPIPE: 32,
  EOPNOTSUPP: 95,
} as const;

/** A libc call that failed. */
export class SystemError extends Error {
  override name = "SystemError";

  /**
   * @param call What was done, for the message: `mount overlay on /x`.
   * @param errno The error number, one of {@linkcode Errno} or another of errno(3).
   */
  constructor(readonly call: string, readonly errno: number) {
    super(`${call}: ${describe(errno)}`);
  }
}

function describe(errno: number): string {
  const text = symbols.strerror(errno);
  if (text === null) return `error ${errno}`;
  return new Deno.UnsafePointerView(text).getCString().toLowerCase();
}

// It is found before any other function: to find one between a failed call and the reading of errno could change errno.
const errnoLocation = new Deno.UnsafeFnPointer(find("__errno_location"), {
  parameters: [],
  result: "pointer",
});
const errnoView = new Deno.UnsafePointerView(errnoLocation.call()!);

/** The errno of this thread; valid only directly after a failed call. */
export function lastErrno(): number {
  return errnoView.getInt32();
}

/**
 * Returns the result of a libc call.
 * @param call What was done, for the message.
 * @throws {SystemError} If the result is -1.
 */
export function check(result: number, call: string | (() => string)): number {
  if (result !== -1) return result;
  const errno = lastErrno();
  throw new SystemError(typeof call === "string" ? call : call(), errno);
}
