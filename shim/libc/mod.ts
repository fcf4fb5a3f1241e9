/** The functions of libc that the shim needs, by Deno's FFI. No other folder opens a library. */
export { Errno, SystemError } from "./library.ts";
export * from "./process.ts";
export * from "./command_line.ts";
export * from "./descriptor.ts";
export * from "./epoll.ts";
export * from "./event_fd.ts";
export * from "./file_in_pool.ts";
export * from "./kernel_files.ts";
export * from "./limits.ts";
export * from "./lock.ts";
export * from "./memory.ts";
export * from "./mount.ts";
export * from "./namespaces.ts";
export * from "./pidfd.ts";
export * from "./signals.ts";
export * from "./socket.ts";
export * from "./spawn.ts";
export * from "./terminal.ts";
