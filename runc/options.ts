/** The runtime options of a container, `containerd.runc.v1.Options`. */
import { type Any, RuncOptions } from "../proto/mod.ts";
import { StatusCode, StatusError } from "../shim/mod.ts";

const TYPE = "containerd.runc.v1.Options";

/**
 * Reads the options that came with a request; none at all are the defaults.
 * @throws {StatusError} INVALID_ARGUMENT for options of another type, or ones that can't be decoded.
 */
export function decodeOptions(any: Any.Properties | null | undefined): RuncOptions {
  if (!any?.typeUrl) return RuncOptions.decode(new Uint8Array());
  const type = any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1);
  if (type !== TYPE) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `expected runtime options of the type ${TYPE}, not ${any.typeUrl}`,
    );
  }
  try {
    return RuncOptions.decode(any.value ?? new Uint8Array());
  } catch (error) {
    throw new StatusError(
      StatusCode.INVALID_ARGUMENT,
      `can't decode the runtime options: ${(error as Error).message}`,
    );
  }
}
