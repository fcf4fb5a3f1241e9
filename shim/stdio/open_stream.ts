/** Opening the FIFOs and files that a client names for streams. Their file systems may not answer. */
import { dirname } from "@std/path/posix";
import { after } from "../common/mod.ts";
import {
  close,
  closeInPool,
  fileKindInPool,
  fileSystemInPool,
  open,
  OpenFlag,
  openInPool,
  orClose,
  SystemError,
} from "../libc/mod.ts";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";
import { Lane } from "./lane.ts";
import type { StreamName } from "./uri.ts";

/** How often it is tried to open a file. */
const OPEN_TRIES = 5;
/** How long it may take to open something, in ms. */
const OPEN_MS = 10_000;

/** Before they are opened it is not known which file system files are on, so that all of a kind share a lane. */
const fifoLane = new Lane();
const fileLane = new Lane();

/** Both ends of a FIFO, as nonblocking descriptors. */
export interface Fifo {
  readonly read: number;
  readonly write: number;
}

/** The file, or device, that a `file://` URI names. */
export interface OpenedFile {
  /**
   * Open for writing: nonblocking for a device, at the end for a local file. Any other file is not open but only named by it (O_PATH),
   * see {@linkcode LogFile}.
   */
  readonly descriptor: number;
  /** The device of its file system, as `major:minor`. */
  readonly device: string;
  /** Whether the file system is on a disk or in memory. */
  readonly isLocal: boolean;
  /** Whether it is a character device, as a terminal or /dev/null, which can be written without waiting. */
  readonly isDevice: boolean;
}

/**
 * Opens both ends of a FIFO. So opening waits for no client, and the FIFO does not end when a client goes away.
 * @throws {StatusError} INVALID_ARGUMENT if it is no FIFO, UNAVAILABLE if its file system does not answer.
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
  return orClose(read, () => ({ read, write: openWriter(read) }));
}

/**
 * Lets a client go on that waits in open(2) for a writer of a FIFO, though all is written and the writer has gone (fifo(7)).
 * @param read Our own reading end.
 */
export function letReaderIn(read: number): void {
  try {
    close(openWriter(read));
  } catch (error) {
    // A lack of descriptors must not keep an exit from waiting for those clients that have opened theirs.
    if (!(error instanceof SystemError)) throw error;
  }
}

function openWriter(read: number): number {
  // By this name no path is looked up again.
  return open(`/proc/self/fd/${read}`, OpenFlag.WRONLY | OpenFlag.NONBLOCK);
}

/**
 * Opens what a `file://` URI names. If there is nothing, a regular file is made, and its folder.
 * @throws {StatusError} INVALID_ARGUMENT if it can't be written, UNAVAILABLE if its file system does not answer.
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
    // Without --allow-all, Deno makes no folders in /dev and /proc.
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

/**
 * Waits until something is opened, with a bound.
 * @param what The beginning of the error's message.
 */
async function openInTime<Opened extends OpenedFile | Fifo>(
  what: string,
  opening: Promise<Opened>,
): Promise<Opened> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = after(OPEN_MS, () => {
    // What is opened after the bound is closed again.
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

/**
 * Opens a file. If that fails, Deno tries the same, and its error says why. It is tried again where it fails for a lack of descriptors, or
 * for nothing that Deno finds: while a program is spawned the limit of open files is that program's (libc/spawn.ts), for all threads.
 */
async function openOrTell(path: string, flags: number, mode = 0): Promise<number> {
  const options = flags & OpenFlag.CREAT ? { append: true, create: true } : { read: true };
  for (let tries = 1;; tries++) {
    const descriptor = await openInPool(path, flags, mode);
    if (descriptor !== -1) return descriptor;
    try {
      (await Deno.open(path, options)).close();
    } catch (error) {
      const isLack = (error as { code?: string }).code === "EMFILE";
      const isToTryAgain = error instanceof Deno.errors.NotCapable || isLack && tries < OPEN_TRIES;
      if (!isToTryAgain) throw error;
    }
    if (tries === OPEN_TRIES) throw new Error("it can't be opened");
  }
}
