/** How containerd speaks to the server: by ttrpc, or by gRPC where its environment asks for that. */

/** The names that containerd has for them. */
export type Protocol = "ttrpc" | "grpc";

/**
 * The protocol that the variable `SHIM_PROTOCOL` names; ttrpc where it is not set.
 * @throws {Error} for another one.
 */
export function chosenProtocol(): Protocol {
  const name = Deno.env.get("SHIM_PROTOCOL") || "ttrpc";
  if (name === "ttrpc" || name === "grpc") return name;
  throw new Error(`expected ttrpc or grpc in SHIM_PROTOCOL, not ${name}`);
}
