import "../../../harness/unit/opened_libc.ts";
import { assertEquals } from "@std/assert";
import { Client, type Method } from "../../../../shim/ttrpc/mod.ts";
import { SERVICE, test, withServer } from "./connections.ts";

test("metadata reaches the method, keys with one value and with several", async () => {
  const seen: Record<string, readonly string[]>[] = [];
  const methods: Record<string, Method> = {
    Look(payload, { metadata }) {
      seen.push(Object.fromEntries(metadata));
      return payload;
    },
  };
  await withServer(methods, async ({ path }) => {
    const client = await Client.connect(path);
    const metadata = new Map([["containerd-namespace-ttrpc", ["k8s.io"]], ["k", ["a", "b"]]]);
    await client.call(SERVICE, "Look", new Uint8Array(), { metadata });
    await client.call(SERVICE, "Look", new Uint8Array());
    assertEquals(seen, [{ "containerd-namespace-ttrpc": ["k8s.io"], k: ["a", "b"] }, {}]);
    client.close();
    await client.closed;
  });
});
