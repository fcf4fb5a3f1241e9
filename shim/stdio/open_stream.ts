/** Opening what a client names for a stream, which may be on a file system that does not answer. */
import { dirname } from "@std/path/posix";
import {
  close,
  closeInPool,
  fileKindInPool,
  fileSystemInPool,
  open,
  OpenFlag,
  openInPool,
  orClose,
} from "../libc/mod.ts";
import { startDeadline, StatusCode, StatusError } from "../ttrpc/mod.ts";
import { Lane } from "./lane.ts";
import type { StreamName } from "./uri.ts";

/** How long it may take to open something. */
const OPEN_MS = 10_000;

/** What is to be opened is not known to be on one file system or on several before it is. */
const fifoLane = new Lane();
const fileLane = new Lane();

/** Both ends of a FIFO, the first of which was opened for reading, the other for writing; nonblocking. */
export interface Fifo {
  readonly read: number;
  readonly write: number;
}

/** What `file://` has named. */
export interface OpenedFile {
  /**
   * For writing, of a device nonblocking, of a local file at its end. Another file is open as a name only (O_PATH), see
   * {@linkcode LogFile}.
   */
  readonly descriptor: number;
  /** Names its file system. */
  readonly device: string;
  /** See {@linkcode FileSystem}. */
  readonly isLocal: boolean;
  /** Whether it is written without waiting: terminals, /dev/null. */
  readonly isDevice: boolean;
}

/**
 * Opens both ends of a FIFO: so it has neither to wait for its other end nor an end that comes by itself.
 * @throws {StatusError} INVALID_ARGUMENT for what is none, UNAVAILABLE where its file system does not answer.
 */
export async function openFifo(name: StreamName, path: string): Promise<Fifo> {
  return await openInTime(
    `expected a FIFO for ${name} at ${path}`,
    fifoLane.run(async () => {
      const kind = await fileKindInPool(path);
      if (kind !== undefined && !kind.isFifo) throw new Error("it is something else");
      return await openEnds(path);
    }),
  );
}

async function openEnds(path: string): Promise<Fifo> {
  const read = await openOrTell(path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
  // By this name nothing is looked up any more.
  const name = `/proc/self/fd/${read}`;
  return orClose(
    read,
    () => ({ read, write: open(name, OpenFlag.WRONLY | OpenFlag.NONBLOCK) }),
  );
}

/**
 * Opens what `file://` names, which is made as a regular file, with its folder, where it is not there.
 * @throws {StatusError} INVALID_ARGUMENT for what can't be written, UNAVAILABLE where its file system does not answer.
 */
export async function openFile(name: StreamName, path: string): Promise<OpenedFile | Fifo> {
  return await openInTime(
    `can't write ${name} to the file ${path}`,
    fileLane.run(() => openFileOrFifo(path)),
  );
}

async function openFileOrFifo(path: string): Promise<OpenedFile | Fifo> {
  await makeFolder(dirname(path));
  if ((await fileKindInPool(path))?.isFifo) return await openEnds(path);
  const flags = OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.APPEND;
  const descriptor = await openOrTell(path, flags | OpenFlag.NONBLOCK | OpenFlag.NOCTTY, 0o644);
  const name = `/proc/self/fd/${descriptor}`;
  const [kind, fileSystem] = await Promise.all([
    fileKindInPool(name),
    fileSystemInPool(descriptor),
  ]);
  const { isDevice, device } = kind ?? { isDevice: false, device: "" };
  const isLocal = fileSystem?.isLocal ?? false;
  if (isDevice || isLocal) return { descriptor, device, isDevice, isLocal };
  try {
    return { descriptor: await openOrTell(name, OpenFlag.PATH), device, isDevice, isLocal };
  } finally {
    void closeInPool(descriptor);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    // Deno lets nobody make folders in /dev and /proc.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}

function closeOpened(opened: OpenedFile | Fifo): void {
  if ("read" in opened) {
    close(opened.read);
    close(opened.write);
  } else {
    void closeInPool(opened.descriptor);
  }
}

/** @param what Begins the error, where there is one. */
async function openInTime<Opened extends OpenedFile | Fifo>(
  what: string,
  opening: Promise<Opened>,
): Promise<Opened> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = startDeadline(OPEN_MS, () => {
    // Of what is open only later nobody will know.
    opening.then(closeOpened, () => {});
    reject(new StatusError(StatusCode.UNAVAILABLE, `${what}: its file system does not answer`));
  });
  const refused = opening.catch((error) => {
    throw new StatusError(StatusCode.INVALID_ARGUMENT, `${what}: ${error.message}`);
  });
  try {
    return await Promise.race([refused, late]);
  } finally {
    stop();
  }
}

/** Opens a file. Why that failed Deno tells, which tries the same. */
async function openOrTell(path: string, flags: number, mode = 0): Promise<number> {
  const descriptor = await openInPool(path, flags, mode);
  if (descriptor !== -1) return descriptor;
  const options = flags & OpenFlag.CREAT ? { append: true, create: true } : { read: true };
  try {
    (await Deno.open(path, options)).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  throw new Error("it can't be opened");
}
