/** One trace from a call of containerd's client to runc, where containerd traces itself: from 2.0 on. */

import { assertEquals } from "@std/assert";
import { expectSuccess, PrivateContainerd } from "../harness/containerd/private_containerd.ts";
import { searchPath, unpack } from "../harness/machine/packages.ts";
import { readVersion } from "../harness/machine/programs.ts";
import { testsWith } from "../harness/suite/shared_daemon.ts";
import { Collector } from "../harness/telemetry/collector.ts";

const PLUGINS = [
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.ttrpc.v1.otelttrpc",
];

if (readVersion("containerd").startsWith("1.")) {
  Deno.env.set("PATH", searchPath(await unpack("forky", ["containerd"])));
}
const collector = new Collector();
const variables = collector.variables();
Deno.test.afterAll(() => collector[Symbol.asyncDispose]());
Deno.test.afterAll(() => variables[Symbol.dispose]());

const test = testsWith(() => PrivateContainerd.start(undefined, { plugins: PLUGINS }));

test("a trace leads from a call of ctr's to runc, one from an event to containerd", async (containerd) => {
  expectSuccess(await containerd.run(["--rm"], "box", "true"));
  const called = await collector.span("containerd.services.tasks.v1.Tasks/Create");
  assertEquals([called.service, called.parentId], ["containerd", ""]);
  const method = /^containerd\.task\.v[23]\.Task\/Create$/;
  const calling = await collector.span(method, called.spanId);
  assertEquals(calling.service, "containerd");
  const create = await collector.span(method, calling.spanId);
  assertEquals(create.service, "containerd-shim-ts-v2");
  const runc = await collector.span("runc create", create.spanId);
  assertEquals(runc.traceId, called.traceId);

  const event = await collector.span("publish /tasks/create");
  assertEquals(event.links, [create.spanId]);
  const forwarded = await collector.span(
    "containerd.services.events.ttrpc.v1.Events/Forward",
    event.spanId,
  );
  assertEquals(forwarded.service, "containerd");
});
