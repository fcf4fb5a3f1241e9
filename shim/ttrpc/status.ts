/** The status codes of an answer, which are gRPC's, as far as a shim gives them. A peer may send others. */
export const StatusCode = {
  OK: 0,
  CANCELED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  /** For a message over 4 MiB, as in Go's ttrpc; services themselves do not use it. */
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** An error with a status code: what a service throws, and what its client receives. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  /** One of {@linkcode StatusCode}, or another code of gRPC that the peer sent. */
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The status for something thrown: the code is UNKNOWN for anything but a {@linkcode StatusError}. */
export function statusOf(error: unknown): { code: number; message: string } {
  return {
    code: error instanceof StatusError ? error.code : StatusCode.UNKNOWN,
    message: error instanceof Error ? error.message : String(error),
  };
}
