/**
 * Reading the files of cgroups, in the formats that the kernel's admin-guide/cgroup-v2 calls single value, flat keyed and nested
 * keyed. Numbers are bigints, since some take all 64 bits.
 */
import { readTextIfThere } from "../../shim/libc/mod.ts";
import { unlessMissing } from "./removal.ts";

/** What `max` in a file of cgroup v2 stands for. */
export const NO_LIMIT = 2n ** 64n - 1n;

/** The text of a file of a cgroup; undefined if the file is not there. */
export function readStatFile(folder: string, name: string): string | undefined {
  return unlessMissing(() => readTextIfThere(`${folder}/${name}`));
}

/** Parses an unsigned number of 64 bits. A value below 0, as a difference of counters may be for a moment, counts as 0. */
export function parseNumber(text: string, max = NO_LIMIT): bigint {
  const word = text.trim();
  if (word === "max") return max;
  return /^\d+$/.test(word) ? BigInt(word) : 0n;
}

/** The number in a file that holds nothing else; undefined if the file is not there. */
export function readNumber(folder: string, name: string, max = NO_LIMIT): bigint | undefined {
  const text = readStatFile(folder, name);
  return text === undefined ? undefined : parseNumber(text, max);
}

/**
 * Makes a record with a value for each field.
 * @param names What the kernel calls each field: the name of a file, or a key.
 */
export function fields<Field extends string, Value>(
  names: Readonly<Record<Field, string>>,
  value: (name: string) => Value,
): Record<Field, Value> {
  const entries = Object.entries<string>(names).map(([field, name]) => [field, value(name)]);
  return Object.fromEntries(entries);
}

/** Reads each field from a file of its own. A field whose file is not there is undefined. */
export function readNumbers<Field extends string>(
  folder: string,
  files: Readonly<Record<Field, string>>,
): Record<Field, bigint | undefined> {
  return fields(files, (name) => readNumber(folder, name));
}

/** Reads the fields from lines `key value`. A field whose key is not there is undefined. */
export function parseFlatKeyed<Field extends string>(
  text: string,
  keys: Readonly<Record<Field, string>>,
): Record<Field, bigint | undefined> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const end = line.indexOf(" ");
    if (end > 0) values.set(line.slice(0, end), line.slice(end));
  }
  return fields(keys, (key) => {
    const value = values.get(key);
    return value === undefined ? undefined : parseNumber(value);
  });
}

/** A line `name key=value key=value …`. */
export interface NestedLine {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Parses lines `name key=value key=value …`. A name without values is left out, wherever it stands: io.stat has such ones. */
export function parseNestedKeyed(text: string): NestedLine[] {
  const lines: { name: string; values: Map<string, string> }[] = [];
  for (const word of text.split(/\s+/)) {
    const [key, value] = word.split("=");
    if (value === undefined) lines.push({ name: word, values: new Map() });
    else lines.at(-1)?.values.set(key, value);
  }
  return lines.filter(({ values }) => values.size > 0);
}
