/** JSON in messages: what the OCI specifications define travels so. */
import type { Any } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";

/** JSON, with what TypeScript does not know yet of it (https://github.com/tc39/proposal-json-parse-with-source). */
const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** How much an error shows of what is no JSON, in characters. */
const SHOWN = 100;

/**
 * The JSON text in an Any.
 * @param what What it should be, for the error.
 * @throws {StatusError} INVALID_ARGUMENT where it is no JSON object.
 */
export function decodeJson(any: Any | null, what: string): string {
  const text = new TextDecoder().decode(any?.value);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  throw new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `expected an ${what} as a JSON object, not ${JSON.stringify(shown)}`,
  );
}

/**
 * A JSON object with a member set, and all else in it as it was: a number may be one that JavaScript has not, as RLIM_INFINITY.
 * @param text An object's.
 */
export function withMember(text: string, name: string, value: unknown): string {
  const object = exact.parse(
    text,
    (_key, value, { source }) => typeof value === "number" ? exact.rawJSON(source) : value,
  );
  const { [name]: _, ...rest } = object as Record<string, unknown>;
  // Behind the others: in whatever case their names are, Go takes them for the same one, and the last of these.
  return JSON.stringify({ ...rest, [name]: value });
}
