/** The protocol by which containerd calls the server: ttrpc, or gRPC if the environment asks for it. */

/** The protocols by containerd's names for them. */
export type Protocol = "ttrpc" | "grpc";

/**
 * The protocol that the variable `SHIM_PROTOCOL` names; ttrpc if it is not set.
 * @throws {Error} If it names neither of the two.
 */
export function chosenProtocol(): Protocol {
  const name = Deno.env.get("SHIM_PROTOCOL") || "ttrpc";
  if (name === "ttrpc" || name === "grpc") return name;
  throw new Error(`expected ttrpc or grpc in SHIM_PROTOCOL, not ${name}`);
}
