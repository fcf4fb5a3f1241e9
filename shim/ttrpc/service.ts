/** The services of a server. */
import type { Metadata } from "./metadata.ts";

/** What a method gets of its call beside the payload. */
export interface Call {
  /** The metadata of the request. */
  readonly metadata: Metadata;
  /** Aborts when nobody waits for the answer any more: the deadline has passed or the client is gone. */
  readonly signal: AbortSignal;
  /** Aborts when the deadline has passed, and not when only the client is gone. */
  readonly deadline: AbortSignal;
}

/**
 * A method: it takes the payload of the request and returns that of the answer. A thrown StatusError is answered with its code,
 * anything else that is thrown with UNKNOWN.
 */
export type Method = (payload: Uint8Array, call: Call) => Promise<Uint8Array> | Uint8Array;

/** The methods of a service by the names of their RPCs, as own properties. */
export interface Service {
  readonly [method: string]: Method;
}

/**
 * Wraps each method of services.
 * @param wrap Gets a method and its full name: `containerd.task.v2.Task/Create`.
 */
export function mapMethods(
  services: ReadonlyMap<string, Service>,
  wrap: (method: Method, name: string) => Method,
): ReadonlyMap<string, Service> {
  return new Map(Array.from(services, ([service, methods]) => {
    const wrapped = Object.entries(methods)
      .map(([name, method]) => [name, wrap(method, `${service}/${name}`)]);
    return [service, Object.fromEntries(wrapped)];
  }));
}

/** A call that is not answered yet, for a report of what a server is doing. */
export interface CallUnderWay {
  /** Service and method: `containerd.task.v2.Task/Create`. */
  readonly method: string;
  /** When the request came. */
  readonly since: Date;
}
