/** Where a shim's socket is: one path for each group of containers that share a shim. */
import { basename, dirname, isAbsolute, join } from "@std/path/posix";
import { exists } from "../common/files.ts";
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

/** The name by which the server of a group is looked for: one that was started before another protocol was chosen speaks its own. */
export function serverName(groupId: string, protocol: Protocol): string {
  return protocol === "ttrpc" ? groupId : join(groupId, protocol);
}

/**
 * The path of a group's socket. It is the same for every caller with the same containerd, namespace and group.
 * @param address The path of containerd's gRPC socket.
 * @param name See {@linkcode serverName}.
 * @param folder For the socket; an absolute path.
 */
export async function socketPath(
  address: string,
  namespace: string,
  name: string,
  folder = SOCKET_FOLDER,
): Promise<string> {
  const named = new TextEncoder().encode(join(address, namespace, name));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return join(folder, digest.toHex());
}

/** The path in an address of a unix socket, which is one itself or a URL. */
export function toSocketPath(address: string): string {
  return address.replace(/^unix:\/\//, "");
}

/** Where a server listens, and how it is spoken to. */
export interface Address {
  /** Of its socket. */
  readonly path: string;
  readonly protocol: Protocol;
}

/** The server that a bundle's file tells of; none where `start` has not come that far, or the file was spoilt. */
export function readAddress(bundle: string): Address | undefined {
  try {
    const text = Deno.readTextFileSync(join(bundle, ADDRESS_FILE));
    const { address, protocol } = text.startsWith("{")
      ? JSON.parse(text) as { address: string; protocol: Protocol }
      : { address: text, protocol: "ttrpc" as const };
    const path = toSocketPath(address);
    return isAbsolute(path) ? { path, protocol } : undefined;
  } catch {
    return undefined;
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

/**
 * Whether a bundle's server may have left something, or be there, or be about to start. Also where the bundle does not tell of one: it
 * may be spoilt.
 */
export function isServerLeft(bundle: string): boolean {
  const path = readAddress(bundle)?.path;
  return path === undefined || exists(path) || exists(lockPath(path));
}
