/** Raw descriptors of this process, which no sanitizer of Deno's knows of. */
import { assertEquals } from "@std/assert";
import { close, open, OpenFlag } from "../../../shim/libc/mod.ts";
import { eventually } from "../expect/eventually.ts";

/** What this process has open, each descriptor with what it leads to. */
export function openDescriptors(): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [`${name} ${Deno.readLinkSync(`/proc/self/fd/${name}`)}`];
    } catch {
      // That of the folder itself.
      return [];
    }
  }).toSorted();
}

/** Runs a test that has to close every descriptor that it opens. */
export async function expectNoNewDescriptors(run: () => Promise<void> | void): Promise<void> {
  const before = openDescriptors();
  await run();
  await expectNoNewSince(before);
}

/**
 * Expects no descriptor that was not open `before`. It waits for the end of those that a thread of Deno's still holds, and those of
 * earlier tests may go meanwhile.
 */
export async function expectNoNewSince(before: string[]): Promise<void> {
  const added = () => openDescriptors().filter((each) => !before.includes(each));
  await eventually("no new descriptors", () => added().length === 0 || undefined)
    .catch(() => assertEquals(added(), []));
}

/**
 * Opens an end of a pipe or FIFO as a file of Deno's, whose reads and writes may wait in a thread.
 * @param descriptor Is closed.
 */
export function toFile(descriptor: number, mode: "read" | "write"): Deno.FsFile {
  const file = Deno.openSync(`/proc/self/fd/${descriptor}`, { [mode]: true });
  close(descriptor);
  return file;
}

/** Opens the reading end of a FIFO, without waiting for a writer. */
export function openReader(path: string): Deno.FsFile {
  const descriptor = open(path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
  try {
    // Opened again it waits for bytes; the first one keeps this from waiting for a writer.
    const hold = open(path, OpenFlag.WRONLY | OpenFlag.NONBLOCK);
    const file = Deno.openSync(path, { read: true });
    close(hold);
    return file;
  } finally {
    close(descriptor);
  }
}

/** Reads exactly so many bytes. */
export async function readExactly(file: Deno.FsFile, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) throw new Error(`expected ${length} bytes and got ${filled}`);
    filled += count;
  }
  return bytes;
}

/** Reads up to the end. */
export async function readToEnd(file: Deno.FsFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(1 << 16);
  for (let count; (count = await file.read(buffer)) !== null;) parts.push(buffer.slice(0, count));
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Writes it all. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Bytes of which no piece could be lost, doubled or moved unnoticed: a counter in every four. */
export function countedBytes(length: number): Uint8Array<ArrayBuffer> {
  const counters = new Uint32Array(length / 4);
  for (let index = 0; index < counters.length; index++) counters[index] = index;
  return new Uint8Array(counters.buffer);
}

/** That two long runs of bytes are the same, without printing them where they are not. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const differs = actual.findIndex((byte, index) => byte !== expected[index]);
  if (differs !== -1) throw new Error(`the byte at ${differs} is another one than expected`);
}
