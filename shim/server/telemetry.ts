/**
 * Traces and metrics of a server, by OpenTelemetry's library, whose calls Deno exports itself. It is loaded only where they are wanted
 * (bootstrap/telemetry_variables.ts). Names follow the semantic conventions for RPC.
 */
import {
  type Attributes,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { type SpanOptions, traceBy, type Tracer } from "../common/spans.ts";
import type { Protocol } from "../settings/settings.ts";
import {
  type Call,
  mapMethods,
  type Method,
  type Service,
  StatusCode,
  statusOf,
} from "../ttrpc/mod.ts";

/** The name of the library that makes spans and metrics, in OpenTelemetry's words. */
const SCOPE = "containerd-shim-ts-v2";
const TRACEPARENT = "traceparent";
/** In seconds: what the conventions recommend. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The codes that the conventions take for a fault of the server; the others are a client's. */
const FAULTS: readonly number[] = [
  StatusCode.UNKNOWN,
  StatusCode.DEADLINE_EXCEEDED,
  StatusCode.UNIMPLEMENTED,
  StatusCode.INTERNAL,
  StatusCode.UNAVAILABLE,
];
/** The names of the codes by their numbers. */
const CODE_NAMES = new Map<number, string>(
  Object.entries(StatusCode).map(([name, code]) => [code, name]),
);

/** What is measured of the shims that the server runs. */
export interface Measured {
  /** How many containers run. */
  readonly running: () => number;
  /** How many events wait for containerd. */
  readonly queuedEvents: () => number;
  /** How many lines of the shims' own logs have been lost so far. */
  readonly lostLogLines: () => number;
}

const tracer = trace.getTracer(SCOPE);
const meter = metrics.getMeter(SCOPE);
const durations = meter.createHistogram("rpc.server.call.duration", {
  description: "Duration of the calls of the Task service",
  unit: "s",
  advice: { explicitBucketBoundaries: DURATIONS },
});
let measured: Measured | undefined;

meter.createObservableUpDownCounter("containerd.shim.containers.running", {
  description: "Containers that run",
  unit: "{container}",
}).addCallback((result) => measured && result.observe(measured.running()));
meter.createObservableUpDownCounter("containerd.shim.events.queued", {
  description: "Events that wait for containerd",
  unit: "{event}",
}).addCallback((result) => measured && result.observe(measured.queuedEvents()));
meter.createObservableCounter("containerd.shim.log.lost_lines", {
  description: "Lines of the shim's log that were lost, as nobody read them",
  unit: "{line}",
}).addCallback((result) => measured && result.observe(measured.lostLogLines()));

const spans: Tracer = {
  inSpan<Result>(name: string, { attributes, isCall, causes }: SpanOptions, work: () => Result) {
    const parent = causes ? ROOT_CONTEXT : context.active();
    const linked = (causes ?? []).map((cause) => trace.getSpanContext(extract(cause)));
    const span = tracer.startSpan(name, {
      kind: isCall ? SpanKind.CLIENT : SpanKind.INTERNAL,
      attributes,
      links: linked.flatMap((cause) => cause ? [{ context: cause }] : []),
    }, parent);
    return context.with(trace.setSpan(parent, span), () => endWith(span, work));
  },

  annotate(attributes) {
    trace.getActiveSpan()?.setAttributes(attributes);
  },

  get traceparent() {
    const carrier: Record<string, string> = {};
    propagation.inject(context.active(), carrier);
    return carrier[TRACEPARENT];
  },
};

/** Measures these from now on. */
export function measure(these: Measured): void {
  measured = these;
}

/**
 * Wraps services so that each call has a span, below the client's where it names one, and is measured; and lets the spans of
 * common/spans.ts be made.
 * @param protocol By which they are called.
 */
export function traced(
  services: ReadonlyMap<string, Service>,
  protocol: Protocol,
): ReadonlyMap<string, Service> {
  traceBy(spans);
  return mapMethods(services, (method, name) => tracedMethod(name, method, protocol));
}

function tracedMethod(name: string, method: Method, protocol: Protocol): Method {
  return async (payload: Uint8Array, call: Call) => {
    const attributes: Attributes = { "rpc.system.name": protocol, "rpc.method": name };
    const parent = extract(call.metadata.get(TRACEPARENT)?.[0] ?? "");
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    const begin = performance.now();
    let code: number = StatusCode.OK;
    try {
      return await context.with(trace.setSpan(parent, span), () => method(payload, call));
    } catch (error) {
      const status = statusOf(error);
      code = status.code;
      if (FAULTS.includes(code)) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: status.message });
      }
      throw error;
    } finally {
      const result = resultOf(code);
      span.setAttributes(result);
      span.end();
      durations.record((performance.now() - begin) / 1000, { ...attributes, ...result });
    }
  };
}

/** The attributes that tell how a call ended. */
function resultOf(code: number): Attributes {
  const name = CODE_NAMES.get(code) ?? `${code}`;
  return {
    "rpc.response.status_code": name,
    ...(FAULTS.includes(code) && { "error.type": name }),
  };
}

/** The context of a `traceparent`; without a span where it is none. */
function extract(traceparent: string) {
  return propagation.extract(ROOT_CONTEXT, { [TRACEPARENT]: traceparent });
}

/** Does some work, and ends its span when the work ends. */
function endWith<Result>(span: Span, work: () => Result): Result {
  const fail = (error: unknown): never => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: statusOf(error).message });
    span.end();
    throw error;
  };
  let result: Result;
  try {
    result = work();
  } catch (error) {
    return fail(error);
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then((value) => {
    span.end();
    return value;
  }, fail) as Result;
}
