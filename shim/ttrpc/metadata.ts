import type { KeyValue } from "../../proto/mod.ts";

/**
 * Values by key, as they are sent beside a request's payload: `containerd-namespace-ttrpc`, say.
 * Keys stay as the client wrote them.
 */
export type Metadata = ReadonlyMap<string, readonly string[]>;

/** The pairs that go into a request, one for each value. */
export function encodeMetadata(metadata: Metadata): KeyValue.Properties[] {
  return Array.from(metadata, ([key, values]) => values.map((value) => ({ key, value }))).flat();
}

/** The values of a request's pairs, those of one key in their order. */
export function decodeMetadata(pairs: readonly KeyValue[]): Metadata {
  const metadata = new Map<string, string[]>();
  for (const { key, value } of pairs) {
    const values = metadata.get(key);
    if (values) values.push(value);
    else metadata.set(key, [value]);
  }
  return metadata;
}
