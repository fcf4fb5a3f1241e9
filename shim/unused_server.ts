/** The server that containerd has started and, dying before its Create, never used. */
import { ShutdownRequest } from "../proto/mod.ts";
import { isAnswered, readAddress, readGroupId } from "./address.ts";
import { Client } from "./ttrpc/mod.ts";

/** containerd allows the whole action 5 s. */
const CALL_TIMEOUT_MS = 2_000;

/**
 * Ends the server of a bundle if it holds no container. Not where the bundle has joined a group: others may be about to use it.
 * @param id The container's.
 */
export async function endUnusedServer(bundle: string, id: string): Promise<void> {
  const server = readAddress(bundle);
  if (server === undefined || !await isAnswered(server.path)) return;
  if (readGroupId(bundle, id) !== id) return;
  const client = server.protocol === "ttrpc"
    ? await Client.connect(server.path)
    : await (await import("./grpc/mod.ts")).Client.connect(server.path);
  try {
    const request = ShutdownRequest.encode({ id }).finish();
    await client.call("containerd.task.v2.Task", "Shutdown", request, {
      timeoutMs: CALL_TIMEOUT_MS,
    });
  } finally {
    client.close();
  }
}
