/**
 * What the Go toolchain has written into a program about how it was built: `go version -m FILE` shows it, and Go's package
 * debug/buildinfo describes it.
 */

/** The section of the ELF file that has it. */
const SECTION = ".go.buildinfo";
const MAGIC = "\xff Go buildinf:";
/** The section's byte with flags, and the flag that the texts follow in it, as they do since Go 1.18. */
const FLAGS_AT = 15, INLINE = 2;
/** Where they follow: Go's version, then the build information, each behind its length as a varint. */
const TEXTS_AT = 32;
/** The build information is between two marks of so many bytes. */
const MARK_BYTES = 16;

/** As in elf(5), of a 64-bit file: where each value is, in bytes. */
const HEADER = { bytes: 64, sections: 0x28, sectionBytes: 0x3a, sectionCount: 0x3c, names: 0x3e };
const SECTION_HEADER = { bytes: 64, name: 0, offset: 0x18, size: 0x20 };
/** 64 bits, the lower byte first. */
const ELF = "\x7fELF\x02\x01";
/** More than any section has that is read here. */
const MAX_BYTES = 1 << 20;

/**
 * The import path of a Go program's main package. A script has none, nor has a program in another language, or one that was built by Go
 * before 1.18; they all give undefined.
 * @throws {Error} If the file can't be read.
 */
export function mainPackage(path: string): string | undefined {
  using file = Deno.openSync(path);
  const section = readSection(file, SECTION);
  if (section === undefined || !latin1(section).startsWith(MAGIC)) return undefined;
  if ((section[FLAGS_AT] & INLINE) === 0) return undefined;
  const version = readLength(section, TEXTS_AT);
  const info = readLength(section, version.end + version.length);
  const text = latin1(section.subarray(info.end + MARK_BYTES, info.end + info.length));
  return /^path\t(.*)$/m.exec(text)?.[1];
}

/** The bytes of a section; undefined if the file has none of this name, or is no ELF file of 64 bits. */
function readSection(file: Deno.FsFile, wanted: string): Uint8Array<ArrayBuffer> | undefined {
  const header = readAt(file, 0, HEADER.bytes);
  if (header === undefined || !latin1(header).startsWith(ELF)) return undefined;
  const view = new DataView(header.buffer);
  if (view.getUint16(HEADER.sectionBytes, true) !== SECTION_HEADER.bytes) return undefined;
  const count = view.getUint16(HEADER.sectionCount, true);
  const start = Number(view.getBigUint64(HEADER.sections, true));
  const table = readAt(file, start, count * SECTION_HEADER.bytes);
  if (table === undefined) return undefined;
  const headers = Array.from(
    { length: count },
    (_, index) => new DataView(table.buffer, index * SECTION_HEADER.bytes, SECTION_HEADER.bytes),
  );
  const contentOf = (section: DataView | undefined) =>
    section && readAt(
      file,
      Number(section.getBigUint64(SECTION_HEADER.offset, true)),
      Number(section.getBigUint64(SECTION_HEADER.size, true)),
    );
  const names = contentOf(headers[view.getUint16(HEADER.names, true)]);
  if (names === undefined) return undefined;
  const text = latin1(names);
  return contentOf(
    headers.find((section) =>
      text.startsWith(`${wanted}\0`, section.getUint32(SECTION_HEADER.name, true))
    ),
  );
}

/** Undefined if the file has fewer bytes there, or more are wanted than it can be. */
function readAt(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (length > MAX_BYTES) return undefined;
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let count = 0; count < length;) {
    const more = file.readSync(bytes.subarray(count));
    if (more === null) return undefined;
    count += more;
  }
  return bytes;
}

/** Reads a varint; `end` is the place behind it. */
function readLength(bytes: Uint8Array, at: number): { length: number; end: number } {
  let length = 0;
  for (let end = at, shift = 0;; shift += 7) {
    const byte = bytes[end++];
    length |= (byte & 0x7f) << shift;
    if (!(byte & 0x80)) return { length, end };
  }
}

function latin1(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder("latin1").decode(bytes);
}
