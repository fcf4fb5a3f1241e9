/** `-info`: tells containerd 2.x what this runtime is and can do. */
import { Any, RuntimeInfo } from "../../proto/mod.ts";

/**
 * Finds out what a runtime can do.
 * @param options As they came on standard input; without a type where none did.
 * @returns An Any of it; nothing where it does not tell.
 * @throws {Error} for options that can't be followed.
 */
export type Features = (options: Any) => Promise<Any.Properties | undefined>;

/**
 * Makes the answer.
 * @param input From standard input: an Any of runtime options, or nothing.
 * @returns A RuntimeInfo, with the options as they came.
 */
export async function runtimeInfo(
  name: string,
  version: string,
  input: Uint8Array,
  features?: Features,
): Promise<Uint8Array> {
  const options = Any.decode(input);
  return RuntimeInfo.encode({
    name,
    version: { version },
    options: options.typeUrl === "" ? undefined : options,
    features: await features?.(options),
  }).finish();
}
