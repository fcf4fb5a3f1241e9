/** Traces and metrics of a shim, sent to a collector by OTLP where containerd's environment names one. */

import { assertEquals, assertMatch } from "@std/assert";
import { StatusCode } from "../../shim/ttrpc/mod.ts";
import { eventually } from "../harness/expect/eventually.ts";
import { expectStatus } from "../harness/expect/expect_status.ts";
import { within } from "../harness/expect/within.ts";
import { networkSockets } from "../harness/machine/processes.ts";
import { DirectShim } from "../harness/shim/direct_shim.ts";
import { testBetterThanGo } from "../harness/suite/black_box.ts";
import { Collector } from "../harness/telemetry/collector.ts";

const id = "box";
const SERVICE = "containerd.task.v2.Task";
/** SpanKind */
const INTERNAL = 1, SERVER = 2, CLIENT = 3;

testBetterThanGo("a call continues its client's trace, down to runc", async (containerd) => {
  await using collector = new Collector();
  using _variables = collector.variables();
  const shim = await DirectShim.start(containerd, id);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const parentId = "b7ad6b7169203331";
  const metadata = new Map([["traceparent", [`00-${traceId}-${parentId}-01`]]]);
  const request = await shim.bundle.createRequest(containerd);
  await shim.tasks.call("Create", request, { metadata });

  const create = await collector.span(`${SERVICE}/Create`);
  assertEquals(create, {
    ...create,
    ...{ service: "containerd-shim-ts-v2", kind: SERVER, traceId, parentId, isError: false },
    attributes: {
      "rpc.system.name": "ttrpc",
      "rpc.method": `${SERVICE}/Create`,
      "rpc.response.status_code": "OK",
      "container.id": id,
    },
  });
  const runc = await collector.span("runc create", create.spanId);
  assertEquals([runc.kind, runc.traceId], [CLIENT, traceId]);
  const mount = await collector.span("mount the root file system", create.spanId);
  assertEquals(mount.kind, INTERNAL);

  await shim.tasks.call("Start", { id });
  await shim.end();
  const deleted = await collector.span(`${SERVICE}/Delete`);
  assertEquals(deleted.parentId, "");
  await collector.span("drain the streams", deleted.spanId);
  await collector.span("unmount the root file system", deleted.spanId);
});

testBetterThanGo(
  "an event is a trace of its own, linked to what has led to it",
  async (containerd) => {
    await using collector = new Collector();
    using _variables = collector.variables();
    const shim = await DirectShim.run(containerd, id);
    await shim.end();
    const create = await collector.span(`${SERVICE}/Create`);
    for (const topic of ["create", "exit"]) {
      const event = await collector.span(`publish /tasks/${topic}`);
      assertEquals([event.kind, event.parentId], [CLIENT, ""]);
      assertEquals(event.links, [create.spanId], topic);
    }
  },
);

testBetterThanGo(
  "a call that fails tells its code, a fault of the shim's is an error",
  async (containerd) => {
    await using collector = new Collector();
    using _variables = collector.variables();
    const shim = await DirectShim.start(containerd, id);
    await expectStatus(StatusCode.NOT_FOUND, shim.tasks.call("State", { id }));
    await expectStatus(
      StatusCode.UNKNOWN,
      shim.tasks.call("Create", { id, bundle: `${containerd.folder}/nowhere` }),
    );
    const state = await collector.span(`${SERVICE}/State`);
    assertEquals([state.attributes["rpc.response.status_code"], state.isError], [
      "NOT_FOUND",
      false,
    ]);
    const create = await collector.span(`${SERVICE}/Create`);
    assertEquals(create.isError, true);
    assertEquals(create.attributes["error.type"], create.attributes["rpc.response.status_code"]);
    await shim.shutDown();
  },
);

testBetterThanGo("calls, containers, events and lost lines are measured", async (containerd) => {
  await using collector = new Collector();
  using _variables = collector.variables();
  const value = (name: string, expected: number) =>
    eventually(`${name} of ${expected}`, () => {
      const last = collector.values.findLast((each) => each.name === name);
      return last?.value === expected || undefined;
    });
  const shim = await DirectShim.run(containerd, id);
  await value("containerd.shim.containers.running", 1);
  await value("containerd.shim.events.queued", 0);
  await value("containerd.shim.log.lost_lines", 0);
  await shim.tasks.call("Kill", { id, signal: 9 });
  await shim.tasks.call("Wait", { id });
  await value("containerd.shim.containers.running", 0);
  const started = await eventually("the durations of Start", () => {
    return collector.values.find(({ name, attributes }) =>
      name === "rpc.server.call.duration" && attributes["rpc.method"] === `${SERVICE}/Start`
    );
  });
  assertEquals([started.value, started.attributes["rpc.response.status_code"]], [1, "OK"]);
  await shim.tasks.call("Delete", { id });
  await shim.shutDown();
});

testBetterThanGo(
  "a setting with which Deno does not boot costs the traces alone",
  async (containerd) => {
    await using collector = new Collector();
    using _variables = collector.variables({ OTEL_TRACES_SAMPLER: "foo" });
    const shim = await DirectShim.run(containerd, id);
    const log = await shim.end();
    assertMatch(log, /OTEL_TRACES_SAMPLER.*foo/);
    assertMatch(log, /level=warning msg="exports no traces and metrics/);
    assertEquals(collector.spans, []);
  },
);

testBetterThanGo("a collector that does not answer keeps no call waiting", async (containerd) => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of silent) accepted.push(conn);
  })();
  await using collector = new Collector();
  using _variables = collector.variables({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${silent.addr.port}`,
  });
  const shim = await within(9, "a start", DirectShim.run(containerd, id));
  for (let calls = 0; calls < 100; calls++) {
    await within(9, "an answer", shim.tasks.call("State", { id }));
  }
  await within(30, "its end", shim.end());
  await eventually("a connection", () => accepted.length > 0 || undefined);
  silent.close();
  for (const conn of accepted) conn.close();
  await accepting;
});

testBetterThanGo(
  "nothing is exported where no collector is named, or it is switched off",
  async (containerd) => {
    await using collector = new Collector();
    using _variables = collector.variables({ OTEL_SDK_DISABLED: "true" });
    const shim = await DirectShim.run(containerd, id);
    assertEquals(networkSockets(shim.pid), []);
    await shim.end();
    assertEquals(collector.spans, []);
  },
);
