import { close } from "../libc/descriptor.ts";
import { isThere } from "../libc/kernel_files.ts";
import { Errno, SystemError } from "../libc/library.ts";
import { connectUnix } from "../libc/socket.ts";

/** Whether a server listens on a socket. It does not wait. */
export function isAnswered(path: string): boolean {
  // As a rule there is no socket, and that is told without an exception.
  if (!isThere(path)) return false;
  try {
    close(connectUnix(path, 1));
    return true;
  } catch (error) {
    // EAGAIN: as many connections as there may be wait for the server, which is there.
    return error instanceof SystemError && error.errno === Errno.EAGAIN;
  }
}
