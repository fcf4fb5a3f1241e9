/** What a server serves. */
import type { Metadata } from "./metadata.ts";

/** What a method may know of its call beside the payload. */
export interface Call {
  /** What came with the request, decoded when first asked for. */
  readonly metadata: Metadata;
  /** Aborts when nobody waits for the answer any more: the deadline passed or the client is gone. */
  readonly signal: AbortSignal;
  /** Aborts when the deadline passed, and not when only the client is gone. */
  readonly deadline: AbortSignal;
}

/**
 * One method: from the payload of the request to that of the answer. A thrown {@linkcode StatusError}
 * is answered with its code, anything else that is thrown with {@linkcode StatusCode.UNKNOWN}.
 */
export type Method = (payload: Uint8Array, call: Call) => Promise<Uint8Array> | Uint8Array;

/** The methods of one service by the names of their RPCs; own properties only. */
export interface Service {
  readonly [method: string]: Method;
}

/** A call that is not answered yet, for people who look why. */
export interface CallUnderWay {
  /** `containerd.task.v2.Task/Create` */
  readonly method: string;
  /** Since when. */
  readonly since: Date;
}
