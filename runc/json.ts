/** JSON in messages: what the OCI specifications define travels so. */
import type { Any } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";

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
