/** How gRPC sends a status: in the headers or trailers `grpc-status` and `grpc-message`. */
import type { IncomingHttpHeaders } from "node:http2";
import { StatusCode, StatusError } from "../ttrpc/mod.ts";

/** The headers of an error; anything but a {@linkcode StatusError} has the code UNKNOWN. */
export function encodeStatus(error: unknown): { "grpc-status": string; "grpc-message": string } {
  const code = error instanceof StatusError ? error.code : StatusCode.UNKNOWN;
  const message = error instanceof Error ? error.message : String(error);
  // Percent-encoded is what is not printable ASCII, and the percent sign itself.
  const encoded = message.replace(/[^ -$&-~]+/gu, (part) => encodeURIComponent(part));
  return { "grpc-status": `${code}`, "grpc-message": encoded };
}

/** The error in the headers of an answer; undefined for a success. */
export function decodeStatus(headers: IncomingHttpHeaders): StatusError | undefined {
  const code = headers["grpc-status"];
  if (code === "0") return undefined;
  if (code === undefined) {
    // The stream has ended early: containerd has, or was about to. Or it was no gRPC.
    const status = headers[":status"] ?? "none";
    return new StatusError(StatusCode.UNAVAILABLE, `expected a status, got none (HTTP: ${status})`);
  }
  return new StatusError(Number(code), decodeMessage(`${headers["grpc-message"] ?? ""}`));
}

function decodeMessage(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    // Not well encoded; gRPC wants it shown as it is.
    return message;
  }
}
