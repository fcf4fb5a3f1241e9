import "../../../harness/unit/opened_libc.ts";
import { Client, type Method, StatusCode, StatusError } from "../../../../shim/ttrpc/mod.ts";
import {
  assertStatus,
  echo,
  response,
  SERVICE,
  test,
  withPeer,
  withServer,
} from "./connections.ts";

test("an unknown service or method is unimplemented, and named", async () => {
  await withServer({ Echo: echo }, async ({ path }) => {
    const client = await Client.connect(path);
    const call = (service: string, method: string) =>
      client.call(service, method, new Uint8Array());
    await assertStatus(call("no.Such", "Echo"), StatusCode.UNIMPLEMENTED, "no.Such");
    await assertStatus(call(SERVICE, "Shout"), StatusCode.UNIMPLEMENTED, `Shout`);
    // What every object inherits is not a method.
    await assertStatus(call(SERVICE, "toString"), StatusCode.UNIMPLEMENTED, "toString");
    await assertStatus(call(SERVICE, "__proto__"), StatusCode.UNIMPLEMENTED, "__proto__");
    client.close();
    await client.closed;
  });
});

test("what a method throws is its status", async () => {
  const methods: Record<string, Method> = {
    Status: () => Promise.reject(new StatusError(StatusCode.NOT_FOUND, "no task x")),
    Error: () => Promise.reject(new TypeError("that went wrong")),
    Now: () => {
      throw new StatusError(StatusCode.FAILED_PRECONDITION, "not now");
    },
    Text: () => Promise.reject("just text"),
  };
  await withServer(methods, async ({ path }) => {
    const client = await Client.connect(path);
    const call = (method: string) => client.call(SERVICE, method, new Uint8Array());
    await assertStatus(call("Status"), StatusCode.NOT_FOUND, "no task x");
    await assertStatus(call("Error"), StatusCode.UNKNOWN, "that went wrong");
    await assertStatus(call("Now"), StatusCode.FAILED_PRECONDITION, "not now");
    await assertStatus(call("Text"), StatusCode.UNKNOWN, "just text");
    client.close();
    await client.closed;
  });
});

test("a code unknown to us arrives as it is", async () => {
  await withPeer(async (client, peer) => {
    const call = assertStatus(client.call(SERVICE, "Echo", new Uint8Array()), 7, "keep out");
    await peer.send(response(1, { status: { code: 7, message: "keep out" } }));
    await call;
  });
});
