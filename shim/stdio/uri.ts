/** The URIs by which clients name where a stream leads. */
import { StatusCode, StatusError } from "../ttrpc/mod.ts";

/** A standard stream of a process. */
export type StreamName = "stdin" | "stdout" | "stderr";

/** A stream's URI in its parts. */
export interface StdioUri {
  /** The scheme in lower case; `fifo` for a plain path. */
  readonly scheme: string;
  /** The path; absolute if it comes from a URI. */
  readonly path: string;
  /** The keys and values of the query, in its order; the value is empty if a key has none. */
  readonly query: readonly (readonly [key: string, value: string])[];
}

// The parts of a URI by RFC 3986, appendix B; host and fragment are ignored.
const URI = /^([a-z][a-z0-9+.-]*):(?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i;

/**
 * Parses what a client gives for a stream: the path of a FIFO, or a URI.
 * @throws {StatusError} INVALID_ARGUMENT for a URI whose path is not absolute, or that is malformed.
 */
export function parseStdioUri(name: StreamName, uri: string): StdioUri {
  const match = URI.exec(uri);
  if (match === null) return { scheme: "fifo", path: uri, query: [] };
  const [, scheme, path, query = ""] = match;
  if (!path.startsWith("/")) throw invalid(name, uri, "an absolute path");
  try {
    return { scheme: scheme.toLowerCase(), path: decode(path), query: decodeQuery(query) };
  } catch {
    throw invalid(name, uri, "percent signs only before two digits of UTF-8 that is no NUL");
  }
}

/** Decodes a query as in HTML forms, in which a plus stands for a space. */
function decodeQuery(query: string): [string, string][] {
  return query.split("&").filter((pair) => pair !== "").map((pair) => {
    const [key, ...value] = pair.replaceAll("+", " ").split("=");
    return [decode(key), decode(value.join("="))];
  });
}

function decode(text: string): string {
  const decoded = decodeURIComponent(text);
  if (decoded.includes("\0")) throw new URIError("no argument or path can have a NUL");
  return decoded;
}

function invalid(name: StreamName, uri: string, expected: string): StatusError {
  return new StatusError(
    StatusCode.INVALID_ARGUMENT,
    `expected ${expected} in the URI for ${name}: ${uri}`,
  );
}
