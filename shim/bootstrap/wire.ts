/**
 * As much of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) as the actions `start` and `delete` need: its
 * library takes longer to load than all else they do.
 */

const VARINT = 0;
const I64 = 1;
const LENGTH_DELIMITED = 2;
const I32 = 5;
/** The longest varint, in bytes. */
const VARINT_BYTES = 10;

/** The bytes of a field that is a varint; none for 0, which is the default. */
export function numberField(field: number, value: number): number[] {
  return value === 0 ? [] : [...varint(field << 3 | VARINT), ...varint(value)];
}

/** The bytes of a field that is a text, bytes, or a message. */
export function bytesField(field: number, value: string | readonly number[]): number[] {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return [...varint(field << 3 | LENGTH_DELIMITED), ...varint(bytes.length), ...bytes];
}

/** Each byte has seven bits, the lowest ones first. Numbers may have more than the 32 bits that JavaScript's bit operators take. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 | 0x80);
  return [...bytes, value];
}

/**
 * Reads the texts of a message, by their fields. Bytes and messages look the same, and are read as texts, too.
 * @returns Undefined if it is no message.
 */
export function readTexts(message: Uint8Array): Map<number, string> | undefined {
  const texts = new Map<number, string>();
  let at = 0;
  const readVarint = (): number | undefined => {
    for (let value = 0, factor = 1, end = at + VARINT_BYTES; at < end; factor *= 0x80) {
      const byte = message[at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = readVarint() ?? 0;
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) return undefined;
    if (type === VARINT) {
      if (readVarint() === undefined) return undefined;
      continue;
    }
    const length = type === LENGTH_DELIMITED ? readVarint() : { [I64]: 8, [I32]: 4 }[type];
    if (length === undefined || length > message.length - at) return undefined;
    const bytes = message.subarray(at, at += length);
    if (type === LENGTH_DELIMITED) texts.set(field, new TextDecoder().decode(bytes));
  }
  return texts;
}
