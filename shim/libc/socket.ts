/** Unix sockets that receive file descriptors, and that are used without waiting for a thread of Deno's, which its own can't. */
import { OpenFlag, orClose } from "./descriptor.ts";
import { check, cString, Errno, lastErrno, symbols, SystemError } from "./library.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** SOCK_NONBLOCK and SOCK_CLOEXEC are the flags of open(2). */
const SOCKET_FLAGS = OpenFlag.NONBLOCK | OpenFlag.CLOEXEC;
const SUN_PATH_BYTES = 108;

const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

/**
 * Makes a unix socket and listens on it, nonblocking.
 * @throws {SystemError} EADDRINUSE if the path is taken, and the others of bind(2).
 */
export function listenUnix(path: string): number {
  const descriptor = check(symbols.socket(AF_UNIX, SOCK_STREAM | SOCKET_FLAGS, 0), "socket");
  return orClose(descriptor, () => {
    const address = unixAddress(path);
    check(symbols.bind(descriptor, address, address.length), () => `bind ${path}`);
    check(symbols.listen(descriptor, 1), () => `listen on ${path}`);
    return descriptor;
  });
}

/**
 * Connects to a unix socket.
 * @param timeoutMs How long connecting, and each read and write of the connection, may take, in whole ms; then they fail (EAGAIN).
 * @throws {SystemError} ENOENT, ECONNREFUSED, and the others of connect(2).
 */
export function connectUnix(path: string, timeoutMs: number): number {
  const descriptor = check(symbols.socket(AF_UNIX, SOCK_STREAM | OpenFlag.CLOEXEC, 0), "socket");
  return orClose(descriptor, () => {
    // struct timeval: seconds and microseconds, 8 bytes each.
    const time = new BigInt64Array([
      BigInt(Math.floor(timeoutMs / 1000)),
      BigInt(timeoutMs % 1000) * 1000n,
    ]);
    for (const option of [SO_RCVTIMEO, SO_SNDTIMEO]) {
      const { byteLength } = time;
      check(symbols.setsockopt(descriptor, SOL_SOCKET, option, time, byteLength), "setsockopt");
    }
    const address = unixAddress(path);
    check(symbols.connect(descriptor, address, address.length), () => `connect to ${path}`);
    return descriptor;
  });
}

/** struct sockaddr_un: sun_family in 2 bytes, then sun_path. */
function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(2 + SUN_PATH_BYTES);
  address[0] = AF_UNIX;
  address.set(cString(path), 2);
  return address;
}

/**
 * Accepts a connection that is waiting already.
 * @throws {SystemError} EAGAIN if there is none.
 */
export function acceptWaiting(listener: number): number {
  return check(symbols.accept4(listener, null, null, SOCKET_FLAGS), "accept");
}

/**
 * Receives a message that has come already and carries one file descriptor (SCM_RIGHTS, unix(7)).
 * @throws {SystemError} EAGAIN if none has come.
 * @throws {Error} If it carries no descriptor.
 */
export function receiveDescriptor(socket: number): number {
  // struct iovec: the base at 0, the length at 8.
  const data = new Uint8Array(4096);
  const vector = new BigUint64Array([address(data), BigInt(data.length)]);
  // struct cmsghdr: the length with this header at 0, level at 8, type at 12; the descriptor at 16. CMSG_SPACE(4) is 24.
  const control = new DataView(new ArrayBuffer(24));
  // struct msghdr: name at 0, its length at 8, iovec at 16, their number at 24, control at 32, its length at 40, flags at 48.
  const message = new BigUint64Array(7);
  message[2] = address(vector);
  message[3] = 1n;
  message[4] = address(new Uint8Array(control.buffer));
  message[5] = BigInt(control.byteLength);
  while (symbols.recvmsg(socket, message, MSG_CMSG_CLOEXEC) === -1n) {
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new SystemError("recvmsg", errno);
  }
  const isRights = message[5] >= 20n && control.getInt32(8, true) === SOL_SOCKET &&
    control.getInt32(12, true) === SCM_RIGHTS;
  if (!isRights) {
    throw new Error("expected a message with a file descriptor, and none came with it");
  }
  return control.getInt32(16, true);
}

function address(buffer: ArrayBufferView<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
}
