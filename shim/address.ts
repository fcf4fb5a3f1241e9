/** Where a shim's socket is: one path for each group of containers that share a shim. */
import { join } from "@std/path/posix";

/** The folder of all shims' sockets. */
export const SOCKET_FOLDER = "/run/containerd/s";

/** The file in a bundle that tells its shim's address; containerd 1.6 finds the shim again by it. */
export const ADDRESS_FILE = "address";

/** sun_path of unix(7) has 108 bytes, the last one a NUL. */
const MAX_PATH_BYTES = 107;

const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

/**
 * The id of the group that a container's shim serves: the pod's, by an annotation of config.json, or the container's own.
 * @throws {Error} where config.json can't be read or is not an OCI spec.
 */
export async function readGroupId(bundle: string, id: string): Promise<string> {
  const path = join(bundle, "config.json");
  let spec: { annotations?: Record<string, string> } | null;
  try {
    spec = JSON.parse(await Deno.readTextFile(path));
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
 */
export async function socketPath(
  address: string,
  namespace: string,
  groupId: string,
): Promise<string> {
  const name = new TextEncoder().encode(join(address, namespace, groupId));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
  return join(SOCKET_FOLDER, digest.toHex());
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

/** The file to lock while it is decided who listens on a socket. */
export function lockPath(socket: string): string {
  return `${socket}.lock`;
}

/** Whether somebody answers on a socket. */
export async function isAnswered(path: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return true;
  } catch {
    return false;
  }
}

/** Removes a socket's file, if there is one. */
export function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
