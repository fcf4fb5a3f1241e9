/** The runtime options of a container: those that a client sends, and those that the OCI spec implies. */
export { withImplied } from "./implied.ts";
export { decodeOptions, isOptions, withoutHost } from "./options.ts";
