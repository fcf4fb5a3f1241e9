/** The path of a shim's socket: one for each group of containers that share a shim. */
import { basename, dirname, isAbsolute, join } from "@std/path/posix";
import { exists } from "../common/files.ts";
import { isSandboxBundle } from "./other_bundles.ts";
import type { Protocol } from "../settings/settings.ts";
import { SOCKET_FOLDER, toSocketPath } from "./first_door.ts";

/** The file in a bundle with the address of its shim, by which containerd 1.6 finds the shim again. */
export const ADDRESS_FILE = "address";
/** The file in which containerd, from 1.7 on, keeps the address itself: the only one in a bundle for which no `start` was executed. */
export const BOOTSTRAP_FILE = "bootstrap.json";

/** sun_path of unix(7) has 108 bytes, the last one a NUL. */
const MAX_PATH_BYTES = 107;

const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

/**
 * The id of the group that a container belongs to: the pod's, which an annotation in config.json names; undefined without one. A sandbox is
 * a group of its id, and has no config.json.
 * @throws {Error} If config.json can't be read or is no OCI spec.
 */
export function readGroupId(bundle: string): string | undefined {
  if (isSandboxBundle(bundle)) return basename(bundle);
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
  return annotation === undefined ? undefined : spec.annotations![annotation];
}

/**
 * The name by which the server of a group, or else of a container, is found. It depends on the protocol: a server goes on with the one it
 * was started for.
 */
export function serverName(groupId: string, protocol: Protocol): string {
  return protocol === "ttrpc" ? groupId : join(groupId, protocol);
}

/**
 * The path of a group's socket, which is the same for every caller with the same containerd, namespace and group.
 * @param address The path of containerd's gRPC socket.
 * @param name The group's {@linkcode serverName}.
 * @param folder The absolute path of the socket's folder.
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

/**
 * Sees to it that the bundle of a container names its server: containerd executes no `start` for the further containers of a pod (from 2.0
 * on), but an older one that takes its place looks for the file.
 * @param socket The path of a socket for ttrpc; by gRPC there is a `start` for each container.
 */
export function nameServer(bundle: string, socket: string): void {
  const path = join(bundle, ADDRESS_FILE);
  // Where there is no bundle, the Create will say so.
  if (!exists(path) && exists(bundle)) Deno.writeTextFileSync(path, `unix://${socket}`);
}

/** How a server is reached. */
export interface Address {
  /** The path of its socket. */
  readonly path: string;
  readonly protocol: Protocol;
}

/** The address in a bundle's file; undefined if `start` has not come that far, or the file is damaged. */
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

/**
 * Checks the length of a socket's path.
 * @throws {Error} If it is longer than the kernel allows.
 */
export function checkSocketPath(path: string): void {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > MAX_PATH_BYTES) {
    throw new Error(
      `the socket path ${path} has ${bytes} bytes, at most ${MAX_PATH_BYTES} are possible`,
    );
  }
}

/** What is before the number in a {@linkcode sidePath}. It is shorter than the socket's own path, which may have no byte to spare. */
function sidePrefix(socket: string): string {
  return join(dirname(socket), `${basename(socket).slice(0, 48)}.`);
}

/** The path of a further socket of a server, beside its own. */
export function sidePath(socket: string, number: number): string {
  return `${sidePrefix(socket)}${number}`;
}

/** Whether a path is a {@linkcode sidePath}. */
export function isSidePath(socket: string, path: string): boolean {
  const prefix = sidePrefix(socket);
  return path.startsWith(prefix) && /^\d+$/.test(path.slice(prefix.length));
}

/** The path of the file that is locked while it is decided which server listens on a socket; see `lock_file.ts`. */
export function lockPath(socket: string): string {
  return `${socket}.lock`;
}

/** Whether a path is a {@linkcode lockPath}. */
export function isLockPath(path: string): boolean {
  return /^([0-9a-f]{64}|[0-9a-f]{48}\.shared|.+\.first|.+\.spare)\.lock$/.test(basename(path));
}

/**
 * Whether the server of a bundle may still be there, or be about to start, or may have left something. It may also be if the bundle
 * names no server: the bundle may be damaged.
 */
export function isServerLeft(bundle: string): boolean {
  const path = readAddress(bundle)?.path;
  return path === undefined || exists(path) || exists(lockPath(path));
}
