/** The answer to `-info`: by it containerd 2.x learns what a runtime is and can do. */
import { Any, RuntimeInfo, type RuntimeVersion } from "../../proto/mod.ts";

/**
 * Finds out what a runtime can do.
 * @param options The runtime options from standard input; an Any without a type if there were none.
 * @returns An Any of the features; undefined if the runtime does not tell them.
 * @throws {Error} If the options can't be followed.
 */
export type Features = (options: Any) => Promise<Any.Properties | undefined>;

/**
 * Makes the answer.
 * @param input What came on standard input: an Any of runtime options, or nothing.
 * @returns An encoded RuntimeInfo, with the options as they came.
 */
export async function runtimeInfo(
  name: string,
  version: RuntimeVersion.Properties,
  input: Uint8Array,
  features?: Features,
): Promise<Uint8Array> {
  const options = Any.decode(input);
  return RuntimeInfo.encode({
    name,
    version,
    options: options.typeUrl === "" ? undefined : options,
    features: await features?.(options),
  }).finish();
}
