import type { KeyValue } from "../../proto/mod.ts";

/** The metadata of a request, as values by key: `containerd-namespace-ttrpc`, say. Keys stay as the client has written them. */
export type Metadata = ReadonlyMap<string, readonly string[]>;

/** The pairs for a request, one for each value. */
export function encodeMetadata(metadata: Metadata): KeyValue.Properties[] {
  return Array.from(metadata, ([key, values]) => values.map((value) => ({ key, value }))).flat();
}

/** The metadata of a request's pairs; the values of a key keep their order. */
export function decodeMetadata(pairs: readonly KeyValue[]): Metadata {
  const metadata = new Map<string, string[]>();
  for (const { key, value } of pairs) {
    const values = metadata.get(key);
    if (values) values.push(value);
    else metadata.set(key, [value]);
  }
  return metadata;
}
