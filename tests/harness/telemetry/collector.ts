/** A collector of OpenTelemetry's protocol (OTLP by HTTP), on loopback. */
import protobuf from "protobufjs";
import { eventually } from "../expect/eventually.ts";

const { root } = protobuf.parse(
  await Deno.readTextFile(new URL("otlp.proto", import.meta.url)),
);

type Attributes = Record<string, string | number>;

/** A span; its ids in hexadecimal. */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  /** opentelemetry.proto.trace.v1.Span.SpanKind */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first one of a trace. */
  readonly parentId: string;
  readonly attributes: Attributes;
  /** The spans that it is linked to. */
  readonly links: readonly string[];
  readonly isError: boolean;
}

/** One value of a metric; for a histogram, how many values it has counted. */
export interface CollectedValue {
  readonly name: string;
  readonly value: number;
  readonly attributes: Attributes;
}

/** opentelemetry.proto.trace.v1.Status.StatusCode */
const ERROR = 2;

/** What is sent to it, in the environment of who sends. */
export class Collector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  /** The values of metrics, in the order in which they came. */
  readonly values: CollectedValue[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const body = new Uint8Array(await request.arrayBuffer());
      const kind = new URL(request.url).pathname;
      if (kind === "/v1/traces") this.spans.push(...spansOf(decode("Traces", body)));
      if (kind === "/v1/metrics") this.values.push(...valuesOf(decode("Metrics", body)));
      return new Response(new Uint8Array(), {
        headers: { "content-type": "application/x-protobuf" },
      });
    });
  }

  /** The variables that name it, to be set for the programs that this one starts, with further ones, until it is disposed of. */
  variables(further: Record<string, string> = {}): Disposable {
    const { port } = this.#server.addr;
    const variables: Record<string, string> = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      // In ms: for spans, and for metrics.
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRIC_EXPORT_INTERVAL: "200",
      ...further,
    };
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    return {
      [Symbol.dispose]() {
        for (const name of Object.keys(variables)) Deno.env.delete(name);
      },
    };
  }

  /** Waits for a span that has the name and, if it is given, the parent. */
  async span(name: string | RegExp, parentId?: string): Promise<CollectedSpan> {
    const hasName = (span: CollectedSpan) =>
      typeof name === "string" ? span.name === name : name.test(span.name);
    return await eventually(`a span ${name}`, () => {
      return this.spans.find((span) =>
        hasName(span) && (parentId === undefined || span.parentId === parentId)
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

// deno-lint-ignore no-explicit-any
function decode(type: string, bytes: Uint8Array): any {
  const message = root.lookupType(type);
  return message.toObject(message.decode(bytes), { defaults: true, longs: Number });
}

// deno-lint-ignore no-explicit-any
function* spansOf({ resourceSpans }: any): Generator<CollectedSpan> {
  for (const { resource, scopeSpans } of resourceSpans) {
    const service = toRecord(resource.attributes)["service.name"] as string;
    for (const { spans } of scopeSpans) {
      for (
        const { name, kind, traceId, spanId, parentSpanId, attributes, links, status } of spans
      ) {
        yield {
          ...{ service, name, kind },
          traceId: traceId.toHex(),
          spanId: spanId.toHex(),
          parentId: parentSpanId.toHex(),
          attributes: toRecord(attributes),
          links: links.map(({ spanId }: { spanId: Uint8Array }) => spanId.toHex()),
          isError: status?.code === ERROR,
        };
      }
    }
  }
}

// deno-lint-ignore no-explicit-any
function* valuesOf({ resourceMetrics }: any): Generator<CollectedValue> {
  for (const { scopeMetrics } of resourceMetrics) {
    for (const { metrics } of scopeMetrics) {
      for (const { name, sum, histogram } of metrics) {
        for (const { asInt, asDouble, attributes } of sum?.dataPoints ?? []) {
          yield { name, value: asInt || asDouble, attributes: toRecord(attributes) };
        }
        for (const { count, attributes } of histogram?.dataPoints ?? []) {
          yield { name, value: count, attributes: toRecord(attributes) };
        }
      }
    }
  }
}

// deno-lint-ignore no-explicit-any
function toRecord(attributes: any[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value?.stringValue || value?.intValue]),
  );
}
