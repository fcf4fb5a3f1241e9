/** What `start` knows of sockets before it has looked at anything; address.ts has the rest. No regular expressions: each takes a moment. */

/** The folder of all shims' sockets, unless containerd names another one. */
export const SOCKET_FOLDER = "/run/containerd/s";

/** How the name of a first door ends, and what follows that in the name of a spare's beside it. */
const FIRST = ".first";
const SPARE = ".spare";

/** The path of a unix socket, from its address: a path, or a URL with the scheme `unix`. */
export function toSocketPath(address: string): string {
  const scheme = "unix://";
  return address.startsWith(scheme) ? address.slice(scheme.length) : address;
}

/**
 * The path of the door at which each `start` of a program and a containerd knocks first: a shared server's with room, where servers are
 * shared, or else the spare's. It is found without a digest, which takes a cold process 0.7 ms; where two containerds have long addresses
 * with the same end, one of them does without.
 * @param program The name of the shim's program.
 * @param address The address of containerd.
 */
export function firstDoor(program: string, address: string): string {
  const name = `${toSocketPath(address).slice(-40).replaceAll("/", "-")}.${program.slice(-24)}`;
  return `${SOCKET_FOLDER}/${name}${FIRST}`;
}

/**
 * The path of the spare's door.
 * @param share How many containers may share a server.
 */
export function spareDoor(program: string, address: string, share: number): string {
  const first = firstDoor(program, address);
  return share > 1 ? first + SPARE : first;
}

/** Whether a file in the folder of sockets has the name of a first door, or of a spare's beside it, whatever program and containerd they are of. */
export function isFirstDoor(name: string): boolean {
  return name.endsWith(FIRST) || name.endsWith(FIRST + SPARE);
}
