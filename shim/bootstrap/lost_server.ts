/** What is left of a server that containerd has lost, or has started and, dying before its Create, never used. */
import { dirname, join } from "@std/path/posix";
import { endsWithin } from "../common/ends_within.ts";
import { exists, removeIfThere } from "../common/files.ts";
import {
  type Address,
  ADDRESS_FILE,
  isAnswered,
  isSidePath,
  lockPath,
  readAddress,
  readGroupId,
  serverName,
  socketPath,
  toSocketPath,
} from "./address.ts";
import type { Arguments } from "./arguments.ts";
import { lockFile } from "./lock_file.ts";
import { otherBundles } from "./other_bundles.ts";
import { chosenProtocol } from "./protocol.ts";

/** containerd's own file in a bundle, from 1.7 on; the only one where it started no shim for a pod's further container. */
const BOOTSTRAP_FILE = "bootstrap.json";

/** How long to wait for a `start` that is under way, and for an answer, in ms. containerd allows the whole action 5 s. */
const LOCK_TIMEOUT_MS = 2_000;
const CALL_TIMEOUT_MS = 2_000;

/**
 * Ends the server of a bundle if it holds no container and no other bundle tells of it, or removes its socket if nobody answers there
 * any more. What a `start` goes on to do is waited for.
 * @param wasThere Whether there was a container, once that is gone.
 */
export async function endLostServer(args: Arguments, wasThere: Promise<boolean>): Promise<void> {
  const server = await serverOf(args);
  const { path } = server;
  const isLocked = exists(lockPath(path));
  if (!exists(path) && !isLocked) return;
  const lives = await isAnswered(path);
  const forget = lives && await wasThere;
  if (lives && isShared(args.bundle, path)) {
    if (forget) await tell(server, args.id, { forget, shutDown: false });
    return;
  }
  // With the lock no `start` of the same group can answer with this server, or listen on the socket, meanwhile.
  const locked = lockFile(lockPath(path));
  // A program's first timer takes 5 ms.
  if (isLocked && !await endsWithin(locked, LOCK_TIMEOUT_MS)) {
    throw new Error(`a start at ${path} has not ended in ${LOCK_TIMEOUT_MS} ms`);
  }
  using _lock = await locked;
  if (!await isAnswered(path)) return removeSockets(path);
  await tell(server, args.id, { forget, shutDown: !isShared(args.bundle, path) });
}

/** Whether the server of a bundle answers, also where the bundle does not tell of it. */
export async function isServed(args: Arguments): Promise<boolean> {
  const { path } = await serverOf(args);
  return await isAnswered(path);
}

async function serverOf(args: Arguments): Promise<Address> {
  return readAddress(args.bundle) ?? await expectedAddress(args);
}

/** The server that `start` would find or start for a bundle, be it gone; in the folder where containerd names no other. */
async function expectedAddress(
  { address, namespace, bundle, id }: Arguments,
): Promise<Address> {
  const protocol = chosenProtocol();
  let group = id;
  try {
    group = readGroupId(bundle, id);
  } catch {
    // Without a spec no shim has joined a group.
  }
  const name = serverName(group, protocol);
  return { path: await socketPath(toSocketPath(address), namespace, name), protocol };
}

/** Whether another bundle tells of the same server: of a container that it holds, or that is about to be created there. */
function isShared(bundle: string, path: string): boolean {
  return otherBundles(bundle).some((other) => namesServer(other, path));
}

/** Whether a bundle tells of the server with this socket. */
function namesServer(bundle: string, path: string): boolean {
  return [ADDRESS_FILE, BOOTSTRAP_FILE].some((name) => {
    try {
      return Deno.readTextFileSync(join(bundle, name)).includes(path);
    } catch {
      return false;
    }
  });
}

/** Removes what a killed server left. */
function removeSockets(path: string): void {
  removeIfThere(path);
  // One that died while it waited for a terminal has left the console socket, too; see Shim.newSocketPath.
  for (const { name } of Deno.readDirSync(dirname(path))) {
    const beside = join(dirname(path), name);
    if (isSidePath(path, beside)) removeIfThere(beside);
  }
}

/** What to tell a server that answers. */
interface Orders {
  /** That its container is gone: it would keep it, and so itself, for somebody to ask how that ended. */
  readonly forget: boolean;
  /** To end, unless it holds a container. */
  readonly shutDown: boolean;
}

async function tell({ path, protocol }: Address, id: string, orders: Orders): Promise<void> {
  const [proto, { StatusCode }, { Client }] = await Promise.all([
    import("../../proto/mod.ts"),
    import("../ttrpc/mod.ts"),
    protocol === "ttrpc" ? import("../ttrpc/mod.ts") : import("../grpc/mod.ts"),
  ]);
  const client = await Client.connect(path);
  const call = (method: string, request: { finish(): Uint8Array<ArrayBuffer> }) =>
    client.call("containerd.task.v2.Task", method, request.finish(), {
      timeoutMs: CALL_TIMEOUT_MS,
    });
  const forget = async () => {
    const remove = () => call("Delete", proto.DeleteRequest.encode({ id }));
    try {
      await remove();
    } catch (error) {
      const { code } = error as { code?: number };
      if (code === StatusCode.NOT_FOUND) return;
      if (code !== StatusCode.FAILED_PRECONDITION) throw error;
      // It has yet to be told of the end.
      await call("Wait", proto.WaitRequest.encode({ id }));
      await remove();
    }
  };
  try {
    if (orders.forget) await forget();
    if (orders.shutDown) await call("Shutdown", proto.ShutdownRequest.encode({ id }));
  } finally {
    client.close();
  }
}
