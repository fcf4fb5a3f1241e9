/** What `start` knows of sockets before it has looked at anything; address.ts has the rest. No regular expressions: each takes a moment. */

/** The folder of all shims' sockets, unless containerd names another one. */
export const SOCKET_FOLDER = "/run/containerd/s";

/** The path of a unix socket, from its address: a path, or a URL with the scheme `unix`. */
export function toSocketPath(address: string): string {
  const scheme = "unix://";
  return address.startsWith(scheme) ? address.slice(scheme.length) : address;
}

/**
 * The path of the spare's door: one for each containerd. It is found without a digest, which takes a cold process 0.7 ms; where two
 * containerds have long addresses with the same end, one of them has no spare.
 * @param address The address of containerd.
 */
export function sparePath(address: string): string {
  return `${SOCKET_FOLDER}/${toSocketPath(address).slice(-48).replaceAll("/", "-")}.spare`;
}
