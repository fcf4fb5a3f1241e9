/** Changes what a program file says of its shared libraries. Layouts and names of fields: elf(5), ELF64, little-endian. */

/** Types of program headers. */
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PT_NOTE = 4;
/** Tags of the dynamic section. */
const DT_NULL = 0;
const DT_STRTAB = 5;
const DT_RPATH = 15;
const DT_DEBUG = 21;
const DT_RUNPATH = 29;
const PF_R = 4;

/** Offsets in the file's header. */
const E_PHOFF = 32;
const E_PHNUM = 56;
const PHDR_SIZE = 56;
const DYN_SIZE = 16;

/** Whether it is a program in ELF's format that a dynamic loader loads. */
export function isDynamicProgram(content: Uint8Array<ArrayBuffer>): boolean {
  return new TextDecoder("latin1").decode(content.subarray(0, 4)) === "\x7fELF" &&
    readHeaders(content).some(({ type }) => type === PT_INTERP);
}

/**
 * Makes a {@linkcode isDynamicProgram dynamic program} be loaded by another loader, which looks first in another folder for shared
 * libraries and for those that they need in turn. Nothing in the file moves, as Go's programs don't survive that (patchelf 0.18
 * breaks them): both paths go into a new segment at the end, whose header takes the place of a note's, and DT_DEBUG, which is only
 * for debuggers, becomes the DT_RPATH.
 *
 * @param loader Its absolute path.
 * @param libraryPath Absolute paths of folders, with colons between them.
 * @returns The new content of the file.
 * @throws {Error} Where there is no note, or no such entry.
 */
export function withLoader(
  content: Uint8Array<ArrayBuffer>,
  loader: string,
  libraryPath: string,
): Uint8Array<ArrayBuffer> {
  const headers = readHeaders(content);
  const interpreter = headers.find(({ type }) => type === PT_INTERP);
  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC);
  const note = headers.findIndex(({ type }) => type === PT_NOTE);
  if (!interpreter || !dynamic || note < 0) {
    throw new Error("expected a program with PT_INTERP, PT_DYNAMIC and PT_NOTE");
  }
  const strings = new TextEncoder().encode(`${loader}\0${libraryPath}\0`);
  const loads = headers.filter(({ type }) => type === PT_LOAD);
  const alignment = Math.max(...loads.map(({ alignment }) => alignment));
  const up = (value: number) => Math.ceil(value / alignment) * alignment;
  const segment: Header = {
    type: PT_LOAD,
    flags: PF_R,
    offset: up(content.length),
    address: up(Math.max(...loads.map(({ address, memorySize }) => address + memorySize))),
    fileSize: strings.length,
    memorySize: strings.length,
    alignment,
  };
  // The kernel takes the path from the file; the loader wants to know the old place in memory.
  interpreter.offset = segment.offset;
  interpreter.fileSize = loader.length + 1;
  headers.splice(note, 1);
  // Loaded segments are in the order of their addresses.
  headers.splice(headers.findLastIndex(({ type }) => type === PT_LOAD) + 1, 0, segment);

  const changed = new Uint8Array(segment.offset + strings.length);
  changed.set(content);
  changed.set(strings, segment.offset);
  writeHeaders(changed, headers);
  setLibraryPath(changed, dynamic, segment.address + loader.length + 1);
  return changed;
}

/** A program header. */
interface Header {
  type: number;
  flags: number;
  /** In the file. */
  offset: number;
  /** In memory, virtual. */
  address: number;
  fileSize: number;
  memorySize: number;
  alignment: number;
}

function readHeaders(content: Uint8Array<ArrayBuffer>): Header[] {
  const view = new DataView(content.buffer);
  return Array.from({ length: view.getUint16(E_PHNUM, true) }, (_, index) => {
    const at = Number(view.getBigUint64(E_PHOFF, true)) + index * PHDR_SIZE;
    const long = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: long(8),
      address: long(16),
      fileSize: long(32),
      memorySize: long(40),
      alignment: long(48),
    };
  });
}

/** Writes as many headers as there were. */
function writeHeaders(content: Uint8Array<ArrayBuffer>, headers: Header[]): void {
  const view = new DataView(content.buffer);
  headers.forEach((header, index) => {
    const at = Number(view.getBigUint64(E_PHOFF, true)) + index * PHDR_SIZE;
    const long = (offset: number, value: number) =>
      view.setBigUint64(at + offset, BigInt(value), true);
    view.setUint32(at, header.type, true);
    view.setUint32(at + 4, header.flags, true);
    long(8, header.offset);
    long(16, header.address);
    long(24, header.address); // physical
    long(32, header.fileSize);
    long(40, header.memorySize);
    long(48, header.alignment);
  });
}

/** @param address Of the path in memory. */
function setLibraryPath(
  content: Uint8Array<ArrayBuffer>,
  dynamic: Header,
  address: number,
): void {
  const view = new DataView(content.buffer);
  const entries = new Map<number, number>(); // tag to place
  for (let at = dynamic.offset;; at += DYN_SIZE) {
    const tag = Number(view.getBigUint64(at, true));
    if (tag === DT_NULL) break;
    entries.set(tag, at);
  }
  const strings = entries.get(DT_STRTAB);
  // Where there is a runpath, an rpath would be without effect.
  const path = entries.get(DT_RUNPATH) ?? entries.get(DT_RPATH) ?? entries.get(DT_DEBUG);
  if (strings === undefined || path === undefined) {
    throw new Error("expected DT_STRTAB, and one of DT_RUNPATH, DT_RPATH and DT_DEBUG");
  }
  view.setBigUint64(path, BigInt(DT_RPATH), true);
  // It is an offset in the table of strings, whose end nobody looks at.
  view.setBigUint64(path + 8, BigInt(address) - view.getBigUint64(strings + 8, true), true);
}
