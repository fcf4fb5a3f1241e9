/** Changes of JSON that leave alone what JavaScript could not write again as it was. */

/** JSON with the functions that TypeScript has no types for yet (https://github.com/tc39/proposal-json-parse-with-source). */
const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

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
