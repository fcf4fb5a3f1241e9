/** Namespaces that a thread of this process keeps alive, with no process of its own (namespaces(7)). */
import { close, open, OpenFlag } from "./descriptor.ts";
import { listFolders, readLink } from "./kernel_files.ts";
import { check, cString, symbols, SystemError, variables } from "./library.ts";
import { ALL_SIGNALS, signalSet } from "./signals.ts";

/** The kinds that can be kept, by their names in /proc/PID/ns, with the flags of unshare(2). */
const FLAGS = { ipc: 0x0800_0000, net: 0x4000_0000, uts: 0x0400_0000 } as const;
/** A kind of namespace. */
export type NamespaceKind = keyof typeof FLAGS;

const SIG_SETMASK = 2;
/** sem_t has 32 bytes. A small buffer could be moved by V8. */
const SEMAPHORE_BYTES = 4096;

/** Namespaces that are kept. */
export interface KeptNamespaces {
  /** The thread's id: /proc/TID/ns has them. */
  readonly tid: number;
  /** Lets go of them. */
  release(): void;
}

/** What {@linkcode keepNamespaces} is to make. */
export interface NamespaceWishes {
  /** The kinds of which there are to be new ones. */
  readonly fresh: readonly NamespaceKind[];
  /** The file of a network namespace that is to be joined. */
  readonly network?: string;
  /** Called inside of them, on the main thread; it must not wait. */
  readonly arrange: () => void;
}

/**
 * Makes namespaces, or joins one, and keeps them by a thread that does nothing else. This thread is in them for a moment, in which
 * nothing else can happen in JavaScript.
 *
 * It must not be called nonblocking: a thread of the pool would stay where it is.
 * @param abort Called where this thread can't get back: it must end the process.
 * @throws {SystemError} If a namespace can't be made or joined, and what `arrange` throws; then nothing is kept.
 */
export function keepNamespaces(
  { fresh, network, arrange }: NamespaceWishes,
  abort: (error: unknown) => never,
): KeptNamespaces {
  const kinds: NamespaceKind[] = [...fresh, ...(network === undefined ? [] : ["net" as const])];
  using opened = new DisposableStack();
  const openNamespace = (path: string) => {
    const descriptor = open(path, OpenFlag.RDONLY);
    opened.defer(() => close(descriptor));
    return descriptor;
  };
  const own = kinds.map((kind) => [kind, openNamespace(`/proc/thread-self/ns/${kind}`)] as const);
  const joined = network === undefined ? undefined : openNamespace(network);
  try {
    const flags = fresh.reduce((sum, kind) => sum | FLAGS[kind], 0);
    check(symbols.unshare(flags), "unshare");
    if (joined !== undefined) {
      check(symbols.setns(joined, FLAGS.net), () => `join the network namespace ${network}`);
    }
    arrange();
    return startKeeper(kinds[0]);
  } finally {
    try {
      for (const [kind, descriptor] of own) {
        check(symbols.setns(descriptor, FLAGS[kind]), () => `go back to the own ${kind} namespace`);
      }
    } catch (error) {
      abort(error);
    }
  }
}

/** Starts a thread in the namespaces of this one, which waits at a semaphore, with all signals blocked. */
function startKeeper(kind: NamespaceKind): KeptNamespaces {
  const memory = new Uint8Array(SEMAPHORE_BYTES);
  const semaphore = Deno.UnsafePointer.of(memory);
  check(symbols.sem_init(semaphore, 0, 0), "sem_init");
  const thread = new BigUint64Array(1);
  const mask = signalSet([]);
  symbols.pthread_sigmask(SIG_SETMASK, signalSet(ALL_SIGNALS), mask);
  const errno = symbols.pthread_create(
    new Uint8Array(thread.buffer),
    null,
    variables.sem_wait,
    semaphore,
  );
  symbols.pthread_sigmask(SIG_SETMASK, mask, null);
  if (errno !== 0) throw new SystemError("pthread_create", errno);
  let isKept = true;
  const release = () => {
    if (!isKept) return;
    isKept = false;
    // Named here, the memory is not collected before.
    check(symbols.sem_post(Deno.UnsafePointer.of(memory)), "sem_post");
    symbols.pthread_join(thread[0], null);
  };
  try {
    return { tid: findThread(kind), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** The thread, other than this one, that is in this one's namespace. */
function findThread(kind: NamespaceKind): number {
  const own = readLink(`/proc/thread-self/ns/${kind}`);
  const found = listFolders("/proc/self/task").map(Number).find((tid) =>
    tid !== Deno.pid && namespaceOf(tid, kind) === own
  );
  if (found !== undefined) return found;
  throw new Error(`expected a thread in the namespace ${own}`);
}

function namespaceOf(tid: number, kind: NamespaceKind): string | undefined {
  try {
    return readLink(`/proc/self/task/${tid}/ns/${kind}`);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

/**
 * Sets the hostname of the UTS namespace that this thread is in.
 * @throws {SystemError} EINVAL if it has more than 64 bytes.
 */
export function setHostname(name: string): void {
  const bytes = cString(name);
  check(symbols.sethostname(bytes, BigInt(bytes.length - 1)), () => `sethostname ${name}`);
}

// See ioctl_ns(2).
const NS_GET_USERNS = 0xb701n;
const NS_GET_NSTYPE = 0xb703n;

/**
 * Whether a path is that of a namespace of this kind.
 * @throws {SystemError} If it can't be opened.
 */
export function isNamespace(path: string, kind: NamespaceKind): boolean {
  const descriptor = open(path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
  try {
    return symbols.ioctl(descriptor, NS_GET_NSTYPE, null) === FLAGS[kind];
  } finally {
    close(descriptor);
  }
}

/**
 * Opens the user namespace that a namespace belongs to.
 * @param path That namespace's.
 * @throws {SystemError} EPERM if it is none below this process's own, and what else prevents it.
 */
export function openOwner(path: string): number {
  const descriptor = open(path, OpenFlag.RDONLY);
  try {
    const owner = symbols.ioctl(descriptor, NS_GET_USERNS, null);
    return check(owner, () => `open the user namespace of ${path}`);
  } finally {
    close(descriptor);
  }
}
