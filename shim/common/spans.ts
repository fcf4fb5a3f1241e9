/**
 * Spans of traces, for whatever takes its time in a server. A span is the work alone, and costs nothing, unless the server traces
 * (shim/server/telemetry.ts).
 */

/** What is known of a span; the names are those of OpenTelemetry's semantic conventions, where these have one. */
export type Attributes = Readonly<Record<string, string | number>>;

/** How to make a span. */
export interface SpanOptions {
  readonly attributes?: Attributes;
  /** Whether it is a call of another program, which may have a span of its own below; by default it is work of our own. */
  readonly isCall?: boolean;
  /** Each `traceparent` of a span that has led to this one, and does not wait for it: this one begins a trace of its own. */
  readonly causes?: readonly string[];
}

/** What makes spans. */
export interface Tracer {
  /** Does some work in a span below the current one. The span ends when the work does, be it a promise. */
  inSpan<Result>(name: string, options: SpanOptions, work: () => Result): Result;
  /** Adds what has become known of the current span. */
  annotate(attributes: Attributes): void;
  /** The current span as a value of the header `traceparent` (W3C Trace Context), if there is a span. */
  readonly traceparent: string | undefined;
}

let tracer: Tracer | undefined;

/** Makes the spans of this process from now on. */
export function traceBy(made: Tracer): void {
  tracer = made;
}

/** See {@linkcode Tracer.inSpan}. */
export function inSpan<Result>(name: string, options: SpanOptions, work: () => Result): Result {
  return tracer === undefined ? work() : tracer.inSpan(name, options, work);
}

/** See {@linkcode Tracer.annotate}. */
export function annotate(attributes: Attributes): void {
  tracer?.annotate(attributes);
}

/** See {@linkcode Tracer.traceparent}. */
export function traceparent(): string | undefined {
  return tracer?.traceparent;
}
