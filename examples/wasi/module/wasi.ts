/**
 * WASI preview 1 for one module. The library does what is between a module's memory and {@linkcode HostFd}; what stands here takes the
 * place of those of its functions that can't do it with the kernel's descriptors, or do it wrong (as of 0.4.2).
 */
import { WASI, wasi, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import { errnoOf } from "./errno.ts";
import { HostFd } from "./files.ts";
import { call } from "./libc.ts";

export { WASIProcExit };

const POLLIN = 1;
const POLLOUT = 4;
const POLLHUP = 0x10;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const NANOSECONDS_PER_MS = 1_000_000n;

const { ERRNO_BADF, ERRNO_INVAL, ERRNO_NOTSOCK, ERRNO_SUCCESS } = wasi;

/** What a module gets. */
export interface World {
  /** With its own name. */
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** The folders that it has open from descriptor 3 on, which have these names for it, too. */
  readonly folders: readonly string[];
}

/** @returns What runs a module that imports its functions. */
export function makeWasi({ args, env, folders }: World): WASI {
  const fds = [0, 1, 2].map((descriptor) => new HostFd(descriptor));
  fds.push(...folders.map((path) => HostFd.preopen(path)));
  const made = new WASI([...args], [...env], fds, { debug: false });
  Object.assign(made.wasiImport, corrections(made));
  return made;
}

/** Where a module keeps the addresses and lengths of its buffers. */
type Vectors = readonly { readonly address: number; readonly length: number }[];

function corrections(made: WASI): Record<string, (...args: never[]) => number> {
  const memory = () => new Uint8Array(made.inst.exports.memory.buffer);
  const view = () => new DataView(made.inst.exports.memory.buffer);
  const fdOf = (fd: number) => made.fds[fd] as HostFd | undefined;
  const text = (address: number, length: number) =>
    new TextDecoder().decode(memory().slice(address >>> 0, (address >>> 0) + length));

  const vectors = (address: number, count: number): Vectors => {
    const from = view();
    return Array.from({ length: count }, (_, index) => ({
      address: from.getUint32((address >>> 0) + 8 * index, true),
      length: from.getUint32((address >>> 0) + 8 * index + 4, true),
    }));
  };
  const totalOf = (given: Vectors) => given.reduce((sum, { length }) => sum + length, 0);
  /** One read for all buffers: to fill one by one would wait for more where there is something already. */
  const scatter = (given: Vectors, data: Uint8Array): void => {
    let done = 0;
    for (const { address, length } of given) {
      const part = data.subarray(done, done + length);
      memory().set(part, address);
      done += part.length;
    }
  };
  const gather = (given: Vectors): Uint8Array<ArrayBuffer> => {
    const data = new Uint8Array(totalOf(given));
    let done = 0;
    for (const { address, length } of given) {
      data.set(memory().subarray(address, address + length), done);
      done += length;
    }
    return data;
  };
  const reading = (
    given: Vectors,
    count: number,
    read: (size: number) => { ret: number; data: Uint8Array } | undefined,
  ): number => {
    const { ret, data } = read(totalOf(given)) ?? { ret: ERRNO_BADF, data: new Uint8Array() };
    scatter(given, data);
    view().setUint32(count >>> 0, data.length, true);
    return ret;
  };
  const writing = (
    given: Vectors,
    count: number,
    write: (data: Uint8Array<ArrayBuffer>) => { ret: number; nwritten: number } | undefined,
  ): number => {
    const { ret, nwritten } = write(gather(given)) ?? { ret: ERRNO_BADF, nwritten: 0 };
    view().setUint32(count >>> 0, nwritten, true);
    return ret;
  };

  return {
    // The library counts UTF-16's units.
    args_sizes_get(count: number, size: number) {
      const bytes = made.args.map((arg) => new TextEncoder().encode(arg).length + 1);
      view().setUint32(count, bytes.length, true);
      view().setUint32(size, bytes.reduce((sum, each) => sum + each, 0), true);
      return ERRNO_SUCCESS;
    },
    fd_read: (fd: number, address: number, length: number, count: number) =>
      reading(vectors(address, length), count, (size) => fdOf(fd)?.fd_read(size)),
    fd_pread: (fd: number, address: number, length: number, offset: bigint, count: number) =>
      reading(vectors(address, length), count, (size) => fdOf(fd)?.fd_pread(size, offset)),
    fd_write: (fd: number, address: number, length: number, count: number) =>
      writing(vectors(address, length), count, (data) => fdOf(fd)?.fd_write(data)),
    fd_pwrite: (fd: number, address: number, length: number, offset: bigint, count: number) =>
      writing(vectors(address, length), count, (data) => fdOf(fd)?.fd_pwrite(data, offset)),

    // The library gives each opened file a new number, and never one of those that were closed.
    path_open(...args: number[]) {
      const [fd, lookup, address, length, how, rights, inherited, flags, opened] = args;
      const found = fdOf(fd)?.path_open(
        ...[lookup, text(address, length), how] as const,
        ...[rights as unknown as bigint, inherited as unknown as bigint, flags] as const,
      );
      if (found?.fd_obj == null) return found?.ret ?? ERRNO_BADF;
      const free = made.fds.findIndex((each, index) => index > 2 && each === undefined);
      const number = free === -1 ? made.fds.length : free;
      made.fds[number] = found.fd_obj;
      view().setUint32(opened >>> 0, number, true);
      return ERRNO_SUCCESS;
    },
    path_rename: (...args: number[]) => {
      const [fd, address, length, newFd, newAddress, newLength] = args;
      const [folder, newFolder] = [fdOf(fd), fdOf(newFd)];
      if (folder === undefined || newFolder === undefined) return ERRNO_BADF;
      return folder.moveTo(text(address, length), newFolder, text(newAddress, newLength));
    },
    path_link: (...args: number[]) => {
      const [fd, lookup, address, length, newFd, newAddress, newLength] = args;
      const [folder, newFolder] = [fdOf(fd), fdOf(newFd)];
      if (folder === undefined || newFolder === undefined) return ERRNO_BADF;
      return folder.linkTo(lookup, text(address, length), newFolder, text(newAddress, newLength));
    },
    path_symlink: (
      target: number,
      targetLength: number,
      fd: number,
      path: number,
      length: number,
    ) => fdOf(fd)?.makeSymbolicLink(text(target, targetLength), text(path, length)) ?? ERRNO_BADF,
    path_readlink: (...args: number[]) => {
      const [fd, address, length, buffer, bufferLength, count] = args;
      const target = new Uint8Array(bufferLength >>> 0);
      const found = fdOf(fd)?.readSymbolicLink(text(address, length), target);
      if (found === undefined) return ERRNO_BADF;
      memory().set(target.subarray(0, found.length), buffer >>> 0);
      view().setUint32(count >>> 0, found.length, true);
      return found.ret;
    },

    poll_oneoff: (subscriptions: number, events: number, count: number, occurred: number) =>
      poll(view(), fdOf, [subscriptions >>> 0, events >>> 0, count, occurred >>> 0]),

    // The library throws where it can't.
    proc_raise: () => wasi.ERRNO_NOSYS,
    sched_yield: () => ERRNO_SUCCESS,
    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,
  };

  /** There is no way to a socket in preview 1 but one that a module has from the beginning, and it has none. */
  function notSocket(fd: number): number {
    return fdOf(fd) === undefined ? ERRNO_BADF : ERRNO_NOTSOCK;
  }
}

/** An event that a module waits for. */
interface Subscription {
  readonly userdata: bigint;
  readonly type: number;
  /** Of a clock: how long, in ns. */
  readonly timeout: bigint | undefined;
  /** Of a file. */
  readonly fd: number;
}

function readSubscription(view: DataView, at: number): Subscription | undefined {
  const userdata = view.getBigUint64(at, true);
  const type = view.getUint8(at + 8);
  const id = view.getUint32(at + 16, true);
  if (type !== wasi.EVENTTYPE_CLOCK) return { userdata, type, timeout: undefined, fd: id };
  const isAbsolute = (view.getUint16(at + 40, true) & 1) !== 0;
  let timeout = view.getBigUint64(at + 24, true);
  if (isAbsolute) {
    // As the library has the clocks.
    if (id === wasi.CLOCKID_REALTIME) timeout -= BigInt(Date.now()) * NANOSECONDS_PER_MS;
    else timeout -= BigInt(Math.round(performance.now() * 1e6));
  }
  if (id > wasi.CLOCKID_MONOTONIC) return undefined;
  return { userdata, type, timeout: timeout < 0n ? 0n : timeout, fd: -1 };
}

/** poll_oneoff by ppoll(2): waits until one of some events has occurred, and tells of all that have. */
function poll(
  view: DataView,
  fdOf: (fd: number) => HostFd | undefined,
  [subscriptions, events, count, occurred]: readonly number[],
): number {
  if (count === 0) return ERRNO_INVAL;
  const wanted: Subscription[] = [];
  for (let index = 0; index < count; index++) {
    const read = readSubscription(view, subscriptions + SUBSCRIPTION_BYTES * index);
    if (read === undefined) return ERRNO_INVAL;
    wanted.push(read);
  }
  const files = wanted.filter(({ timeout }) => timeout === undefined);
  const unknown = files.filter(({ fd }) => fdOf(fd) === undefined);
  const polled = new DataView(new ArrayBuffer(8 * files.length));
  for (const [index, { type, fd }] of files.entries()) {
    // struct pollfd: int fd, short events, short revents; a negative one is passed over.
    polled.setInt32(8 * index, fdOf(fd)?.descriptor ?? -1, true);
    polled.setInt16(8 * index + 4, type === wasi.EVENTTYPE_FD_READ ? POLLIN : POLLOUT, true);
  }
  const timeouts = wanted.flatMap(({ timeout }) => timeout ?? []);
  if (unknown.length > 0) timeouts.push(0n);
  const least = timeouts.reduce((a, b) => a < b ? a : b, 1n << 62n);
  const time = BigInt64Array.of(least / 1_000_000_000n, least % 1_000_000_000n);
  const start = performance.now();
  const ret = errnoOf(() =>
    call("ppoll", polled, BigInt(files.length), timeouts.length > 0 ? time : null, null)
  );
  if (ret !== ERRNO_SUCCESS) return ret;
  const passed = BigInt(Math.ceil((performance.now() - start) * 1e6));

  let told = 0;
  const tell = ({ userdata, type }: Subscription, error: number, bytes = 0n, flags = 0): void => {
    const at = events + EVENT_BYTES * told++;
    view.setBigUint64(at, userdata, true);
    view.setUint16(at + 8, error, true);
    view.setUint8(at + 10, type);
    view.setBigUint64(at + 16, bytes, true);
    view.setUint16(at + 24, flags, true);
  };
  for (const [index, file] of files.entries()) {
    const revents = polled.getInt16(8 * index + 6, true);
    if (unknown.includes(file)) tell(file, ERRNO_BADF);
    else if (revents !== 0) tell(file, ERRNO_SUCCESS, 1n, revents & POLLHUP ? 1 : 0);
  }
  for (const clock of wanted) {
    if (
      clock.timeout !== undefined &&
      (clock.timeout <= passed || told === 0 && clock.timeout === least)
    ) {
      tell(clock, ERRNO_SUCCESS);
    }
  }
  view.setUint32(occurred, told, true);
  return ERRNO_SUCCESS;
}
