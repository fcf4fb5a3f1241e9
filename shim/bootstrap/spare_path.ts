/** What `start` knows of sockets before it has looked at anything; address.ts has the rest. */

/** The folder of all shims' sockets, unless containerd names another one. */
export const SOCKET_FOLDER = "/run/containerd/s";

/** The path of a unix socket, from its address: a path, or a URL with the scheme `unix`. */
export function toSocketPath(address: string): string {
  return address.replace(/^unix:\/\//, "");
}

/**
 * The path of the spare's door: one for each containerd, and no longer than those of the servers' sockets. It is found without a digest,
 * which takes a cold process 0.7 ms; where two containerds have long addresses with the same end, one of them has no spare.
 * @param address The address of containerd.
 * @param folder That of the servers' sockets.
 */
export function sparePath(address: string, folder: string): string {
  return `${folder}/${toSocketPath(address).slice(-48).replace(/[^\w.-]/g, "-")}.spare`;
}
