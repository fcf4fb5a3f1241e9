/** Containers that are processes of the host, for shims that need no OCI runtime. */
export { type HostCommand, HostProcess } from "./host_process.ts";
