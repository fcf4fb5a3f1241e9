/** What `start` itself reads of BootstrapParams, and its answer to them. The server reads all of them (params.ts). */
import type { BootstrapResult } from "../../proto/mod.ts";
import type { Arguments } from "./arguments.ts";
import { bytesField, numberField, readTexts } from "./wire.ts";

/** Of BootstrapParams, by the same names. */
export interface StartParams {
  readonly instanceId: string;
  readonly namespace: string;
  readonly containerdVersion: string;
  readonly containerdGrpcAddress: string;
  readonly socketDir: string;
}

/**
 * Reads them.
 * @param input What came on standard input.
 * @returns Undefined if it is something else.
 * @throws {Error} If they are another container's.
 */
export function readStartParams(
  input: Uint8Array,
  identity: Pick<Arguments, "id" | "namespace">,
): StartParams | undefined {
  const texts = readTexts(input);
  const text = (field: number) => texts?.get(field) ?? "";
  const params = {
    instanceId: text(1),
    namespace: text(2),
    containerdVersion: text(4),
    containerdGrpcAddress: text(6),
    socketDir: text(9),
  };
  return areParams(params, identity) ? params : undefined;
}

/**
 * Whether what was decoded are BootstrapParams. The runtime options that an older containerd gives can be decoded as such, too, but do
 * not name this container.
 * @throws {Error} If they are another container's.
 */
export function areParams(
  params: Pick<StartParams, "instanceId" | "namespace" | "containerdVersion">,
  { id, namespace }: Pick<Arguments, "id" | "namespace">,
): boolean {
  if (params.instanceId === id && params.namespace === namespace) return true;
  // Runtime options have the first two fields, a type and a value, and no more than these.
  if (params.containerdVersion === "") return false;
  const expected = `${id} in the namespace ${namespace}`;
  const got = `${params.instanceId} in the namespace ${params.namespace}`;
  throw new Error(`expected the BootstrapParams of ${expected} on standard input, not of ${got}`);
}

/** Encodes the answer. */
export function encodeResult(
  { version, address, protocol }: Pick<BootstrapResult, "version" | "address" | "protocol">,
): Uint8Array {
  return Uint8Array.from([
    ...numberField(1, version),
    ...bytesField(2, address),
    ...bytesField(3, protocol),
  ]);
}
