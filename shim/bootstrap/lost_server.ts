/** Ends, or cleans up after, a server that containerd has lost, or has started and, as it died before the Create, never used. */
import { dirname, join } from "@std/path/posix";
import { endsWithin } from "../common/ends_within.ts";
import { exists, removeIfThere } from "../common/files.ts";
import { SANDBOX_SERVICE, TASK_SERVICES } from "../common/service_names.ts";
import type { Protocol } from "../settings/settings.ts";
import {
  type Address,
  ADDRESS_FILE,
  BOOTSTRAP_FILE,
  isSidePath,
  lockPath,
  readAddress,
  readGroupId,
  serverName,
  socketPath,
} from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { isAnswered } from "./is_answered.ts";
import { lockFile } from "./lock_file.ts";
import { isSandboxBundle, otherBundles } from "./other_bundles.ts";
import { removeAbandonedDoors } from "./shared.ts";
import { toSocketPath } from "./first_door.ts";

/** How long a `start` that is under way, and an answer of the server, are waited for, in ms. containerd kills `delete` after 5 s. */
const LOCK_TIMEOUT_MS = 2_000;
const CALL_TIMEOUT_MS = 2_000;

/**
 * Ends the server of a bundle if it holds no container and no other bundle names it, or removes its socket if it is gone. A `start` that
 * is under way is waited for.
 * @param wasThere Whether anything was left of the container; resolves when that is removed.
 */
export async function endLostServer(args: Arguments, wasThere: Promise<boolean>): Promise<void> {
  const server = await serverOf(args);
  const { path } = server;
  const isLocked = exists(lockPath(path));
  if (!exists(path) && !isLocked) return;
  const lives = isAnswered(path);
  const forget = lives && await wasThere;
  if (lives && isShared(args.bundle, path)) {
    if (forget) await tell(server, args.id, { forget, shutDown: false });
    return;
  }
  // While we hold the lock no `start` can answer with this server, and no other server can listen on the socket.
  const locked = lockFile(lockPath(path));
  // Without need there is no time limit: a program's first timer takes 5 ms.
  if (isLocked && !await endsWithin(locked, LOCK_TIMEOUT_MS)) {
    throw new Error(`a start at ${path} has not ended in ${LOCK_TIMEOUT_MS} ms`);
  }
  using _lock = await locked;
  if (!isAnswered(path)) return removeSockets(path);
  const isSandbox = isSandboxBundle(args.bundle);
  await tell(server, args.id, {
    forget: forget && !isSandbox,
    shutDown: !isShared(args.bundle, path),
    isSandbox,
  });
}

/** Whether the server of a bundle listens, also if the bundle does not name it. */
export async function isServed(args: Arguments): Promise<boolean> {
  const { path } = await serverOf(args);
  return isAnswered(path);
}

async function serverOf(args: Arguments): Promise<Address> {
  return readAddress(args.bundle) ?? await expectedAddress(args);
}

/**
 * The server that `start` would find or start for a bundle, which may be gone; in the default folder for sockets. Whatever the settings
 * are now, that may be one by the other protocol.
 */
async function expectedAddress(
  { address, namespace, bundle, id }: Arguments,
): Promise<Address> {
  let group = id;
  try {
    group = readGroupId(bundle) ?? id;
  } catch {
    // Without a spec `start` has failed, and so the container has joined no group.
  }
  const reached = async (protocol: Protocol) => {
    const name = serverName(group, protocol);
    return { path: await socketPath(toSocketPath(address), namespace, name), protocol };
  };
  const byGrpc = await reached("grpc");
  return exists(byGrpc.path) ? byGrpc : await reached("ttrpc");
}

/** Whether another bundle names the same server, which then holds that container, or is about to create it. */
function isShared(bundle: string, path: string): boolean {
  // A pod's containers have no use for a server that has lost its sandbox.
  if (isSandboxBundle(bundle)) return false;
  return otherBundles(bundle).some((other) => namesServer(other, path));
}

/** Whether a bundle names the server with this socket. */
function namesServer(bundle: string, path: string): boolean {
  return [ADDRESS_FILE, BOOTSTRAP_FILE].some((name) => {
    try {
      return Deno.readTextFileSync(join(bundle, name)).includes(path);
    } catch {
      return false;
    }
  });
}

/** Removes the sockets that a killed server has left. */
function removeSockets(path: string): void {
  removeIfThere(path);
  removeAbandonedDoors(dirname(path));
  // A server that was killed while it waited for a terminal has left the console socket, too; see Shim.newSocketPath.
  for (const { name } of Deno.readDirSync(dirname(path))) {
    const beside = join(dirname(path), name);
    if (isSidePath(path, beside)) removeIfThere(beside);
  }
}

/** What is asked of a server that listens. */
interface Orders {
  /** To delete the container, which is gone: the server would keep it, and itself, until a client asks how it ended. */
  readonly forget: boolean;
  /** To end, unless it holds another container. */
  readonly shutDown: boolean;
  /** Whether it holds a pod by itself, with which it ends in any case. */
  readonly isSandbox?: boolean;
}

async function tell({ path, protocol }: Address, id: string, orders: Orders): Promise<void> {
  const [proto, { StatusCode }, { Client }] = await Promise.all([
    import("../../proto/mod.ts"),
    import("../ttrpc/mod.ts"),
    protocol === "ttrpc" ? import("../ttrpc/mod.ts") : import("../grpc/mod.ts"),
  ]);
  const client = await Client.connect(path);
  const call = (
    method: string,
    request: { finish(): Uint8Array<ArrayBuffer> },
    service = TASK_SERVICES[0],
  ) => client.call(service, method, request.finish(), { timeoutMs: CALL_TIMEOUT_MS });
  const forget = async () => {
    const remove = () => call("Delete", proto.DeleteRequest.encode({ id }));
    try {
      await remove();
    } catch (error) {
      const { code } = error as { code?: number };
      if (code === StatusCode.NOT_FOUND) return;
      if (code !== StatusCode.FAILED_PRECONDITION) throw error;
      // The server has not noticed the end of the container yet.
      await call("Wait", proto.WaitRequest.encode({ id }));
      await remove();
    }
  };
  try {
    if (orders.forget) await forget();
    if (!orders.shutDown) return;
    // Both have a request that names the id in its first field.
    const request = proto.ShutdownRequest.encode({ id });
    if (orders.isSandbox) await call("ShutdownSandbox", request, SANDBOX_SERVICE);
    else await call("Shutdown", request);
  } finally {
    client.close();
  }
}
