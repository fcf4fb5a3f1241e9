/** The file of the settings: JSON with comments. It is loaded only where there is such a file. */
import { type Located, parseJsonc } from "./jsonc.ts";
import { isShare, type Settings, SHARE_EXPECTED } from "./settings.ts";

/** What a file says: any of the settings. */
export type FileSettings = Partial<Omit<Settings, "drain">> & {
  drain?: Partial<Settings["drain"]>;
};

/** What the value of a key may be. */
interface Kind {
  /** In words. */
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** The keys of an object in the file, with what each may be: a value, or an object. */
type Keys = { readonly [key: string]: Kind | Keys };

const SECONDS: Kind = {
  expected: "a number of seconds from 0 to 3600",
  accepts: (value) => typeof value === "number" && value >= 0 && value <= 3600,
};

const YES_OR_NO: Kind = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

const KEYS = {
  logLevel: oneOf("debug", "info", "warn", "error"),
  protocol: oneOf("ttrpc", "grpc"),
  spare: YES_OR_NO,
  share: { expected: SHARE_EXPECTED, accepts: isShare },
  direct: YES_OR_NO,
  drain: {
    exitSeconds: SECONDS,
    readerSeconds: SECONDS,
    writerSeconds: SECONDS,
    totalSeconds: SECONDS,
  },
} satisfies Record<keyof Settings, Kind | Keys>;

/**
 * Parses the text of a file.
 * @param path Its path, for errors.
 * @throws {Error} If it is no JSON, has a key that is not known, or a value that can't be; with path, line and key.
 */
export function parseSettings(text: string, path: string): FileSettings {
  return take(parseJsonc(text, path), KEYS, "", path) as FileSettings;
}

/** @param prefix What leads to the object's keys: empty, or the key of an outer object and a dot. */
function take(object: Located, keys: Keys, prefix: string, path: string): Record<string, unknown> {
  if (!(object.value instanceof Map)) {
    const what = prefix && ` as ${prefix.slice(0, -1)}`;
    throw new Error(`${path}:${object.line}: expected an object${what}, not ${inWords(object)}`);
  }
  const taken: Record<string, unknown> = {};
  for (const [key, located] of object.value) {
    const name = prefix + key;
    if (!Object.hasOwn(keys, key)) {
      const known = Object.keys(keys).map((each) => prefix + each).join(", ");
      throw new Error(`${path}:${located.line}: unknown key ${name}; known are ${known}`);
    }
    const kind = keys[key];
    taken[key] = isKind(kind)
      ? takeValue(located, kind, name, path)
      : take(located, kind, `${name}.`, path);
  }
  return taken;
}

function takeValue(located: Located, kind: Kind, name: string, path: string): unknown {
  if (kind.accepts(located.value)) return located.value;
  const expected = `expected ${kind.expected} as ${name}`;
  throw new Error(`${path}:${located.line}: ${expected}, not ${inWords(located)}`);
}

function inWords({ value }: Located): string {
  if (value instanceof Map) return "an object";
  return Array.isArray(value) ? "a list" : JSON.stringify(value);
}

function isKind(kind: Kind | Keys): kind is Kind {
  return typeof kind.accepts === "function";
}

function oneOf(...words: readonly string[]): Kind {
  const expected = words.map((word) => JSON.stringify(word)).join(", ").replace(
    /, ([^,]*)$/,
    " or $1",
  );
  return { expected, accepts: (value) => words.some((word) => word === value) };
}
