/** JSON in messages: the OCI specifications' types are sent as JSON in an Any. */
import type { Any } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";

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
