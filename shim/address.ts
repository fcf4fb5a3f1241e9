/** Where a shim's socket is: one path for each group of containers that share a shim. */
import { basename, dirname, join } from "@std/path/posix";
import { exists } from "./exists.ts";
import type { Protocol } from "./protocol.ts";

/** The folder of all shims' sockets, where containerd names no other. */
const SOCKET_FOLDER = "/run/containerd/s";

/** The file in a bundle that tells its shim's address; containerd 1.6 finds the shim again by it. */
export const ADDRESS_FILE = "address";

/** sun_path of unix(7) has 108 bytes, the last one a NUL. */
const MAX_PATH_BYTES = 107;

const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

/**
 * The id of the group that a container's shim serves: the pod's, by an annotation of config.json, or the container's own.
 * @throws {Error} where config.json can't be read or is not an OCI spec.
 */
export function readGroupId(bundle: string, id: string): string {
  const path = join(bundle, "config.json");
  let spec: { annotations?: Record<string, string> } | null;
  try {
    spec = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Error(`can't read the OCI spec ${path}: ${(error as Error).message}`);
  }
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw new Error(`expected an object in the OCI spec ${path}, not ${JSON.stringify(spec)}`);
  }
  const annotation = GROUP_ANNOTATIONS.find((name) => spec.annotations?.[name] !== undefined);
  return annotation === undefined ? id : spec.annotations![annotation];
}

/**
 * The path of a group's socket. It is the same for every caller with the same containerd, namespace and group.
 * @param address The path of containerd's gRPC socket.
 * @param folder For the socket; an absolute path.
 */
export async function socketPath(
  address: string,
  namespace: string,
  groupId: string,
  folder = SOCKET_FOLDER,
): Promise<string> {
  const name = new TextEncoder().encode(join(address, namespace, groupId));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
  return join(folder, digest.toHex());
}

/** The path in an address of a unix socket, which is one itself or a URL. */
export function toSocketPath(address: string): string {
  return address.replace(/^unix:\/\//, "");
}

/** The server that a bundle's file tells of; none where `start` has not come that far. */
export function readAddress(bundle: string): { path: string; protocol: Protocol } | undefined {
  try {
    const text = Deno.readTextFileSync(join(bundle, ADDRESS_FILE));
    const { address, protocol } = text.startsWith("{")
      ? JSON.parse(text) as { address: string; protocol: Protocol }
      : { address: text, protocol: "ttrpc" as const };
    return { path: toSocketPath(address), protocol };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** @throws {Error} where a socket's path is longer than the kernel takes. */
export function checkSocketPath(path: string): void {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > MAX_PATH_BYTES) {
    throw new Error(
      `the socket path ${path} has ${bytes} bytes, at most ${MAX_PATH_BYTES} are possible`,
    );
  }
}

/** What the paths of {@linkcode sidePath} have before their numbers: shorter than the socket's, which may have no byte to spare. */
function sidePrefix(socket: string): string {
  return join(dirname(socket), `${basename(socket).slice(0, 48)}.`);
}

/** A path for a further socket of a server, beside its own one. */
export function sidePath(socket: string, number: number): string {
  return `${sidePrefix(socket)}${number}`;
}

/** Whether a path is one of {@linkcode sidePath}. */
export function isSidePath(socket: string, path: string): boolean {
  const prefix = sidePrefix(socket);
  return path.startsWith(prefix) && /^\d+$/.test(path.slice(prefix.length));
}

/** The file to lock while it is decided who listens on a socket; see `lock_file.ts`. */
export function lockPath(socket: string): string {
  return `${socket}.lock`;
}

/** Whether a path is one of {@linkcode lockPath}. */
export function isLockPath(path: string): boolean {
  return /^[0-9a-f]{64}\.lock$/.test(basename(path));
}

/** Whether somebody answers on a socket. */
export async function isAnswered(path: string): Promise<boolean> {
  // As a rule there is nothing, which is seen sooner than by a first connection.
  if (!exists(path)) return false;
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return true;
  } catch {
    return false;
  }
}

/** Whether the server of a bundle answers. */
export async function isServed(bundle: string): Promise<boolean> {
  const server = readAddress(bundle);
  return server !== undefined && await isAnswered(server.path);
}
