/** JSON in messages: the OCI specifications' types are sent as JSON in an Any. */
import type { Any } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";

/** JSON with the functions that TypeScript has no types for yet (https://github.com/tc39/proposal-json-parse-with-source). */
const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** How many characters of a wrong value an error shows. */
const SHOWN = 100;

/**
 * The JSON text in an Any.
 * @param what The name of the type, for the error.
 * @throws {StatusError} INVALID_ARGUMENT if it is no JSON object.
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
 * Sets a member of a JSON object and leaves all else as it was. That holds for numbers, too, which JavaScript may not be able to
 * represent, as RLIM_INFINITY.
 * @param text The object's.
 */
export function withMember(text: string, name: string, value: unknown): string {
  const object = exact.parse(
    text,
    (_key, value, { source }) => typeof value === "number" ? exact.rawJSON(source) : value,
  );
  const { [name]: _, ...rest } = object as Record<string, unknown>;
  // It comes last: Go's decoder takes the last one of members whose names differ only in their case.
  return JSON.stringify({ ...rest, [name]: value });
}
