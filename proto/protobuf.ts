/**
 * What the generated code stands on: protobufjs's Reader and Writer, on plain Uint8Arrays.
 *
 * @module
 */

// Its place is before protobufjs, whose loading it changes.
import { restoreGlobals } from "./hidden_globals.ts";
import protobuf from "protobufjs/minimal";

// Here and not in a module imported last: bundled, protobufjs runs only when this module's body begins.
restoreGlobals();

// protobufjs's own way to say that there is no Long: what it reads are numbers then.
protobuf.util.Long = null!;
protobuf.configure();

/** protobufjs's writer, of plain Uint8Arrays as it is here. */
interface Writer extends protobuf.Writer {
  finish(): Uint8Array<ArrayBuffer>;
}

/** The two halves of a 64-bit integer. */
interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

/** The encoder and decoder of one type of message. */
export interface MessageType<Message, Properties> {
  /**
   * Encodes; `finish` gives the bytes, which may share their `buffer` with others.
   *
   * @param writer What to append to, where the message is part of another one.
   */
  encode(message: Properties, writer?: protobuf.Writer): Writer;
  /**
   * Decodes, without the fields it does not know.
   *
   * @param message What to merge into, where the message came in parts.
   * @throws {Error} if the bytes are cut short or no such message
   */
  decode(bytes: Uint8Array, message?: Message | null): Message;
}

/**
 * Puts a message's generated functions together.
 *
 * @param create Makes a message that has the defaults.
 * @param readField Reads the field whose tag was read; nothing where it does not know the tag.
 * @param writeFields Writes the fields that do not have the default.
 */
export function messageType<Message, Properties>(
  create: () => Message,
  readField: (message: Message, tag: number, reader: protobuf.Reader) => void,
  writeFields: (message: Properties, writer: protobuf.Writer) => void,
): MessageType<Message, Properties> {
  return {
    encode(message, writer = new protobuf.Writer()) {
      writeFields(message, writer);
      return writer as Writer;
    },
    decode(bytes, message) {
      message ??= create();
      const reader = new protobuf.Reader(bytes);
      while (reader.pos < reader.len) {
        const tag = reader.tag();
        const start = reader.pos;
        readField(message, tag, reader);
        // No field is without a byte after its tag, so this one is unknown.
        if (reader.pos === start) reader.skipType(tag & 7, 0, tag >>> 3);
      }
      return message;
    },
  };
}

/** A 64-bit integer, signed or not, in a form that protobufjs takes. */
export function toLong(value: number | bigint): number | Long {
  if (typeof value !== "bigint") return value;
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return { low, high, unsigned: false };
}

/** On the wire an entry is a message. */
const MapEntry = /* @__PURE__ */ messageType<{ key: string; value: string }, never>(
  () => ({ key: "", value: "" }),
  (entry, tag, reader) => {
    if (tag === 10) entry.key = reader.stringVerify();
    else if (tag === 18) entry.value = reader.stringVerify();
  },
  () => {},
);

/** Decodes one entry of a map. */
export function readMapEntry(map: Record<string, string>, bytes: Uint8Array): void {
  const { key, value } = MapEntry.decode(bytes);
  // Not by assignment, which for the key `__proto__` would be something else.
  Object.defineProperty(map, key, { value, configurable: true, enumerable: true, writable: true });
}

/** Writes a map, each entry under the tag. */
export function writeMap(
  writer: protobuf.Writer,
  tag: number,
  map: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries(map)) {
    writer.uint32(tag).fork().uint32(10).string(key).uint32(18).string(value).ldelim();
  }
}
