/** The standard streams of a container's processes: from the URIs that a client gives to the bytes that are carried. */
export { Pipes } from "./pipes.ts";
export type { Owner, Stdio, StdioPaths } from "./stdio.ts";
export { Terminal } from "./terminal.ts";
